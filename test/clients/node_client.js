// node-postgres
const { Client } = require('pg')

async function main() {
  const client = new Client({ host: process.env.PGHOST, port: process.env.PGPORT, user: process.env.PGUSER, database: process.env.PGDATABASE })
  await client.connect()
  const result = await client.query('SELECT id, price, note FROM reports.orders WHERE id >= $1 ORDER BY id', [1])
  if (JSON.stringify(result.rows) !== '[{"id":1,"price":"12.50","note":"first"},{"id":2,"price":"7.25","note":null}]') throw new Error(JSON.stringify(result.rows))
  console.log('ok rows')
  await client.end()
}
main().catch((e) => { console.error(e); process.exit(1) })
