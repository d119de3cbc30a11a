package detectors

// detectors lists the detectors in the order in which they run: a statement by
// the name of its file, or a Go type.
func detectors() ([]detector, error) {
	destination, err := newNewDestination()
	if err != nil {
		return nil, err
	}
	list := []detector{destination}
	for _, name := range []string{
		"secret_in_response",
		"content_attack",
		"content_indirect",
		"guardrail_weakened",
		"identity_root",
		"identity_phantom",
		"identity_denied_then_allowed",
		"identity_privilege_gained",
		"identity_credential_moved",
		dormantName,
		"recon_llmjacking",
		"recon_validation_probe",
		"recon_leaked_key",
	} {
		d, err := newSQLDetector(name)
		if err != nil {
			return nil, err
		}
		if name == dormantName {
			list = append(list, &dormantRevived{d})
			continue
		}
		list = append(list, d)
	}
	return append(list, goDetectors()...), nil
}

func goDetectors() []detector {
	return []detector{
		reworded{},
		promptLeak{},
		refusalShift{},
		outputRatio{},
		offHours{},
		nearDuplicateSweep(),
		qualityUngrounded(),
		qualityConflicting(),
		qualityRetrieval(),
		personalData(),
		modelDrift{},
		agentCredentials{},
		agentChecks{},
		agentProject{},
		loggingOff{},
		identityNewModel(),
		identityNewClient(),
		identityConcurrentNetworks(),
		identityConcurrentClients(),
		identityImpossibleTravel(),
		reconModelEnumeration(),
		reconRestrictedTests(),
		cloudPersistence(),
		cloudExposure(),
		cloudTrail(),
		cloudCredentialAccess(),
		cloudRemoteCommand(),
		cloudConsoleLogin(),
		volumeCalls(),
		volumeTokens(),
		volumeCost(),
		volumeResponse(),
		volumeLong(),
		volumeLatency(),
		volumeFirstToken(),
		volumeDrift(),
		volumeBurst(),
		volumeThrottling(),
		policyForbiddenCall(),
		policySensitivity(),
		policyUnapprovedModel(),
		policyHours{},
		policyNetwork(),
		policyDestination(),
		policyTool(),
		policyUnapprovedChange(),
	}
}
