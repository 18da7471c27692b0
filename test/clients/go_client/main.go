// pgx
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
)

func main() {
	ctx := context.Background()
	// host, port, user and database are libpq's variables
	conn, err := pgx.Connect(ctx, "")
	if err == nil {
		var n int
		var total string
		err = conn.QueryRow(ctx, "SELECT count(*), sum(price)::text FROM reports.orders WHERE id >= $1", 1).Scan(&n, &total)
		if err == nil && (n != 2 || total != "19.75") {
			err = fmt.Errorf("%d rows, %s", n, total)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ok rows")
}
