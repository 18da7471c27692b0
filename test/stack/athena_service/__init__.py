"""Amazon Athena's API on moto's server, with statements executed by a real engine. See ../README.md."""
