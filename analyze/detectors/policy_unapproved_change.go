package detectors

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// policyUnapprovedChange finds changes of rights, and of what guards models, for
// which there was no approval when they were made.
func policyUnapprovedChange() *against {
	return &against{
		head: analyze.About{
			ID: "policy.unapproved-change", Version: 1, Severity: analyze.SeverityMedium,
			Title: "Rights or guards were changed without an approval",
			Why: "The policy lists what was approved, for whom and from when to when. Found are changes of rights, credentials, guardrails, logs of models and access to them that no approval is for, " +
				"and whatever an approval is for that was done outside of its time: medium, and low where it failed.",
			Tags:           []string{"attack.t1098", "atlas.aml.t0012", "owasp.asi03"},
			Needs:          []string{"policy", "act.operation", "act.actor"},
			FalsePositives: []string{"a change whose approval nobody has written into the policy", "deployment tools, which need an approval without an end or a list of their own"},
			Triage:         []string{"find the request for the change, and who agreed to it", "see what the changed right or guard was used for since"},
			Collect:        []string{"the state before and after the change"},
			Contain:        []string{"take the change back", "take the right to make such changes from the actor"},
		},
		reads: []string{"act"},
		asks:  []policyAsk{{section: policy.SectionApprovals, uses: "policy_use_act", ask: askChange}},
		say: func(f *analyze.Finding, g *policyGroup) {
			f.Title = f.Subject + " made a change that nobody approved"
			if len(g.approved) > 0 {
				f.Title = f.Subject + " made a change outside of the time of its approval"
			}
		},
	}
}

// changes are operations that change rights, credentials, guards of models, or
// the logs of what is said to them; the names are those of AWS, Google Cloud,
// Azure, OpenAI and LiteLLM.
func changes() []string {
	return []string{
		"AttachUserPolicy", "PutUserPolicy", "AttachRolePolicy", "PutRolePolicy", "AttachGroupPolicy", "PutGroupPolicy",
		"CreatePolicyVersion", "SetDefaultPolicyVersion", "DeleteUserPermissionsBoundary", "DeleteRolePermissionsBoundary",
		"DeleteUserPolicy", "DetachUserPolicy", "DeleteRolePolicy", "DetachRolePolicy", "AddUserToGroup",
		"CreateAccessKey", "CreateServiceSpecificCredential", "CreateLoginProfile", "UpdateLoginProfile", "UpdateAssumeRolePolicy",
		"CreateUser", "CreateRole", "PutResourcePolicy",
		"DeleteGuardrail", "UpdateGuardrail", "DeleteEnforcedGuardrailConfiguration", "PutEnforcedGuardrailConfiguration",
		"PutModelInvocationLoggingConfiguration", "DeleteModelInvocationLoggingConfiguration",
		"PutFoundationModelEntitlement", "PutUseCaseForModelAccess", "CreateFoundationModelAgreement", "CreateProvisionedModelThroughput",
		"SetIamPolicy", "google.iam.admin.v1.CreateServiceAccountKey", "Microsoft.Authorization/roleAssignments/write",
		"role.assignment.created", "api_key.created", "api_key.updated", "service_account.created",
		"LiteLLM_VerificationToken.updated", "LiteLLM_TeamTable.updated",
	}
}

func askChange(p *policy.Policy, u *policyUse) policyAnswer {
	list := p.Approvals(u.Subject, u.call())
	if len(list) == 0 && !slices.Contains(changes(), u.b) {
		return policyAnswer{}
	}
	a := policyAnswer{
		Verdict: policy.Verdict{Outcome: policy.Unlisted, Section: policy.SectionApprovals},
		level:   analyze.SeverityMedium, thing: callWords(u.call()), approved: list, why: "No approval is for it",
	}
	if len(list) > 0 {
		a.Line, a.Rule = list[0].Line, list[0].Ticket
		var words []string
		for _, x := range list[:min(len(list), shownKinds)] {
			words = append(words, approvalWords(x))
		}
		a.why = "Its approval is for another time: " + strings.Join(words, "; ")
	}
	return a
}

// approvalWords says for when an approval is, and by whom.
func approvalWords(a policy.Approval) string {
	s := fmt.Sprintf("%s to %s", a.From.UTC().Format(time.RFC3339), a.To.UTC().Format(time.RFC3339))
	if a.Ticket != "" {
		s += ", ticket " + a.Ticket
	}
	if a.By != "" {
		s += ", by " + a.By
	}
	return s + fmt.Sprintf(" (line %d)", a.Line)
}
