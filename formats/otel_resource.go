package formats

import "bytes"

// otelResource is what the resource says that emitted spans and log records.
type otelResource struct {
	app, project, environment, tenant, region, host Text
}

// set takes one attribute of a resource.
func (r *otelResource) set(key []byte, a attr) {
	switch string(key) {
	case "service.name":
		r.app = a.text()
	case "openinference.project.name":
		r.project = a.text()
	case "deployment.environment.name":
		r.environment = a.text()
	case "deployment.environment":
		setName(&r.environment, a.text())
	case "cloud.account.id":
		r.tenant = a.text()
	case "cloud.region":
		r.region = a.text()
	case "host.name":
		r.host = a.text()
	case "host.id":
		setName(&r.host, a.text())
	}
}

// fill sets the columns of an event that its own attributes left NULL. SDKs
// name a service that nobody named "unknown_service".
func (r *otelResource) fill(e *Event) {
	app := r.app
	if r.project != nil && (len(app) == 0 || bytes.HasPrefix(app, []byte("unknown_service"))) {
		app = r.project
	}
	setName(&e.App, app)
	setName(&e.Environment, r.environment)
	setName(&e.Tenant, r.tenant)
	setName(&e.Region, r.region)
	if len(r.host) > 0 {
		e.OtherIDs = append(e.OtherIDs, ID{Kind: "host", Value: r.host})
	}
}
