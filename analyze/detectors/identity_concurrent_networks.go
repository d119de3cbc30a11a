package detectors

import "github.com/exhibit-forensics/exhibit/analyze"

func identityConcurrentNetworks() *concurrent {
	return &concurrent{
		by: "network", words: "the networks", swift: true,
		head: analyze.About{
			ID: "identity.concurrent-networks", Version: 1, Severity: analyze.SeverityHigh,
			Title: "One credential was used from two networks at the same time",
			Why: "Two who use a credential at once are its holder and someone else. Found where it goes back and forth between networks within an hour, " +
				"twice on a day, and did not on two days before; within three hours, with two changes in less than five minutes, where it never did so on five days or more, which is medium. A network is what the case is enriched with, a label or an autonomous system, " +
				"else an IPv4 /16 or IPv6 /48.",
			Tags:  []string{"atlas.aml.t0012", "atlas.aml.t0091.000", "attack.t1078.004", "attack.t1550.001"},
			Needs: []string{"address", "actor"},
			FalsePositives: []string{
				"a device that changes between a tunnel and its own line",
				"an application that goes out by several providers since that day",
			},
			Triage: []string{
				"look whether the two networks differ in client, model or hours as well",
				"find out whose networks they are; enrich the case with --asn",
				"ask the holder which of them is theirs",
			},
			Collect: []string{"where the credential is stored and who can read it there", "the calls from the network that is not the holder's"},
			Contain: []string{"bind the credential to the known network", "rotate the credential; end its sessions"},
		},
	}
}

// identityConcurrentClients finds what [identityNewClient] cannot tell from a new
// tool by its rarity: a new client that takes turns with the usual one.
func identityConcurrentClients() *concurrent {
	return &concurrent{
		by: "client", words: "the clients", warm: 5,
		head: analyze.About{
			ID: "identity.concurrent-clients", Version: 1, Severity: analyze.SeverityMedium,
			Title: "A credential took turns between its usual program and a new one",
			Why: "Who moves to another tool stops using the old one; a thief's tool and the holder's take turns. Found where a credential goes back and forth " +
				"between clients within an hour, twice on a day, the actor was there on at least 5 days before, and never with one of the clients. " +
				"A client is what the caller claims to be.",
			Tags:           []string{"atlas.aml.t0012", "atlas.aml.t0091.000", "attack.t1550.001"},
			Needs:          []string{"client", "actor"},
			FalsePositives: []string{"a person who tries a second tool beside the usual one"},
			Triage: []string{
				"compare the addresses, models and hours of the two clients",
				"ask the holder whether the second tool is theirs",
			},
			Collect: []string{"the full user agents of both: exhibit events --columns ts,src_ip,user_agent"},
			Contain: []string{"rotate the credential", "bind it to the networks of its holder"},
		},
	}
}
