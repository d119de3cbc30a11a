package detectors

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze/enrich"
)

// networkOf names the network that an address belongs to where nothing better is
// known: an IPv4 /16 and an IPv6 /48, which is what a site is given (RFC 6177);
// all private addresses are one. It is "" for what is no address, such as the name
// of a service that calls on behalf of someone.
func networkOf(text string) string {
	a, ok := enrich.ParseAddress(text)
	if !ok {
		return ""
	}
	a = a.Unmap()
	bits := 16
	switch {
	case a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast():
		return "private"
	case a.Is6():
		bits = 48
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return ""
	}
	return p.Masked().String()
}

// networks makes the table network_of: of each address the label that the case was
// enriched with, else its autonomous system, else what [networkOf] makes of it.
// Names of services are not in it.
func (r *run) networks(ctx context.Context) error {
	if r.networked {
		return nil
	}
	if err := r.features.Need(ctx, "call", "act"); err != nil {
		return err
	}
	type row struct {
		Address string `json:"address"`
		Network string `json:"network"`
	}
	list := []row{}
	err := r.query(ctx, "addresses", nil, func(rows *sql.Rows) error {
		var x row
		var label string
		var asn int64
		if err := rows.Scan(&x.Address, &label, &asn); err != nil {
			return err
		}
		x.Network = networkOf(x.Address)
		switch {
		case x.Network == "":
			return nil
		case label != "":
			x.Network = label
		case asn != 0:
			x.Network = fmt.Sprintf("AS%d", asn)
		}
		list = append(list, x)
		return nil
	})
	if err != nil {
		return err
	}
	text, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("writing the networks of addresses: %w", err)
	}
	r.networked = true
	return r.exec(ctx, "network_of_make", sql.Named("networks", string(text)))
}
