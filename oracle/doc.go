// Package oracle holds the program's answers against DuckDB's: the same questions, put to the same history in SQL. It is a module of its
// own, so that the program does not carry a database.
package oracle
