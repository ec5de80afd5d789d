package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// running is one operation of a connection that stays open: any number of responses, and why there are no more.
type running struct {
	exec      graphql.GraphExecutor
	op        *graphql.OperationContext
	ctx       context.Context
	ending    *ending
	responses graphql.ResponseHandler
}

// prepare understands an operation; it is not begun yet. Errors say why it cannot be.
func prepare(ctx context.Context, exec graphql.GraphExecutor, params *graphql.RawParams) (*running, gqlerror.List) {
	op, errs := exec.CreateOperationContext(ctx, params)
	if errs == nil {
		errs = single(op)
	}
	if errs != nil {
		return nil, exec.DispatchError(graphql.WithOperationContext(ctx, op), errs).Errors
	}
	r := &running{exec: exec, op: op}
	r.ctx, r.ending = withEnding(ctx)
	return r, nil
}

// single refuses a subscription to nothing, which the validation lets pass where a directive leaves its field out, and to itself.
func single(op *graphql.OperationContext) gqlerror.List {
	if op.Operation.Operation != ast.Subscription {
		return nil
	}
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"})
	if len(fields) == 1 && fields[0].Name != "__typename" {
		return nil
	}
	err := gqlerror.Errorf("a subscription has one field, which is a stream")
	errcode.Set(err, errcode.ValidationFailed)
	return gqlerror.List{err}
}

// next is the next response, valid until the one after it; nil when there is none, or the context has ended. A crash is the last response.
func (r *running) next() (response *graphql.Response) {
	defer func() {
		if crash := recover(); crash != nil {
			r.responses = func(context.Context) *graphql.Response { return nil }
			response = &graphql.Response{Errors: r.exec.DispatchError(r.ctx, gqlerror.List{gqlerror.Wrap(r.op.Recover(r.ctx, crash))}).Errors}
		}
	}()
	if r.responses == nil {
		r.responses, r.ctx = r.exec.DispatchOperation(r.ctx, r.op)
	}
	return r.responses(r.ctx)
}

// failed says that a response is of an operation that could not be begun.
func failed(response *graphql.Response) bool { return response.Data == nil }

// reason is why there are no more responses; none where all is said.
func (r *running) reason() gqlerror.List {
	path, err := r.ending.reason()
	if err == nil {
		return nil
	}
	shown := gqlerror.WrapPath(path, err)
	return r.exec.DispatchError(graphql.WithOperationContext(r.ctx, r.op), gqlerror.List{shown}).Errors
}
