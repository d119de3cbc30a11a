package drill

// modelEnumeration is a caller who looks at which models there are and who may
// call them.
func modelEnumeration() plot {
	return plot{
		name: "model-enumeration", cast: castPerson | castAgent, days: [3]int{1, 1, 3}, techniques: []string{"AML.T0075", "AML.T0014", "T1526"},
		play: func(s *stage) {
			for i, at := range s.pace(by(s, 60, 25, 12)) {
				x := s.looksAtModels(at, "looks at which models there are", i)
				if s.level == 0 {
					x.Region = s.pick(regions)
				}
			}
		},
	}
}

// looksAtModels adds the ith request of looking around among models.
func (s *stage) looksAtModels(at int64, note string, i int) *scripted {
	asks := []string{
		"ListFoundationModels", "GetUseCaseForModelAccess", "ListInferenceProfiles", "ListProvisionedModelThroughputs", "ListCustomModels",
	}
	if i < len(asks) {
		return s.requests(at, note, "bedrock", asks[i], "")
	}
	id := quote(models[(i-len(asks))/2%len(models)].id)
	if i%2 == 0 {
		return s.requests(at, note, "bedrock", "ListFoundationModelAgreementOffers", `{"modelId":`+id+`}`)
	}
	return s.requests(at, note, "bedrock", "GetFoundationModelAvailability", `{"modelId":`+id+`}`)
}
