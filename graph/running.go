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
	following *following
	responses graphql.ResponseHandler
	// reason is why a subscription has ended; none where all is said.
	reason gqlerror.List
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
	r.ctx, r.following = withFollowing(ctx)
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

// next is the next response, valid until the one after it; nil when there is none, or the context has ended.
func (r *running) next() (response *graphql.Response) {
	defer func() {
		if crash := recover(); crash != nil { // nothing else keeps it from ending the process
			response, r.reason = nil, gqlerror.List{gqlerror.Wrap(r.op.RecoverFunc(r.ctx, crash))}
		}
	}()
	if r.responses == nil {
		r.responses, r.ctx = r.exec.DispatchOperation(r.ctx, r.op)
	}
	if pull := r.following.pull; pull != nil {
		if err := pull(r.ctx); err != nil {
			r.end(err)
			return nil
		}
	}
	response = r.responses(r.ctx)
	if response != nil && response.Data == nil { // it could not be begun
		r.reason = response.Errors
		return nil
	}
	return response
}

// end notes why a subscription has ended, where it is not because nobody listens any more.
func (r *running) end(err error) {
	if r.ctx.Err() == nil {
		shown := gqlerror.WrapPath(r.following.path, err)
		r.reason = r.exec.DispatchError(graphql.WithOperationContext(r.ctx, r.op), gqlerror.List{shown}).Errors
	}
}
