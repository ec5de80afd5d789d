// Package web serves every route that is not GraphQL: health, the page to try queries on, the front page.
package web
