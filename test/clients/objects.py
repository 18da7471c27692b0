"""The object that the clients read."""
import boto3

s3 = boto3.client("s3")
s3.create_bucket(Bucket="pds-clients")
s3.put_object(Bucket="pds-clients", Key="orders/a.csv", Body=b"1,2024-01-31,12.50,first\n2,2024-02-01,7.25,\n")
