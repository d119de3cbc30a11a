package drill

// privilegeGained is a person who gives themselves a policy without approval and
// uses what it allows.
func privilegeGained() plot {
	uses := []struct{ service, operation, parameters string }{
		{"bedrock", "ListCustomModels", ""},
		{"bedrock", "CreateProvisionedModelThroughput", `{"modelUnits":1,"provisionedModelName":"shared-capacity","modelId":"amazon.nova-lite-v1:0"}`},
		{"s3", "ListBuckets", `{"Host":"s3.amazonaws.com"}`},
		{"secretsmanager", "ListSecrets", `{"maxResults":100}`},
		{"secretsmanager", "GetSecretValue", `{"secretId":"example/model-gateway"}`},
		{"bedrock", "GetCustomModel", `{"modelIdentifier":"support-tuned-v3"}`},
		{"bedrock", "CreateModelCopyJob", `{"sourceModelArn":"arn:aws:bedrock:us-east-1:111122223333:custom-model/support-tuned-v3","targetModelName":"copy"}`},
		{"iam", "ListRoles", ""},
	}
	return plot{
		name: "privilege-gained", cast: castPerson, days: [3]int{1, 1, 3}, techniques: []string{"T1098.003", "T1078.004"},
		play: func(s *stage) {
			times := s.pace(1 + by(s, 24, 8, 3))
			s.grants(times[0], "takes a policy that nobody approved", s.pick([]string{"AdministratorAccess", "AmazonBedrockFullAccess", "PowerUserAccess"}))
			for i, at := range times[1:] {
				if i%3 == 2 {
					s.callsModel(at, "calls a model that the new policy allows", s.restricted())
					continue
				}
				u := uses[s.rand.below(len(uses))]
				s.requests(at, "does what the new policy allows", u.service, u.operation, u.parameters)
			}
		},
	}
}
