SELECT sum(price) AS total FROM {{ source('reports', 'orders') }}
