package content

import (
	"strings"
	"testing"
)

func TestRefusal(t *testing.T) {
	full, partial := []string{refusalFull}, []string{refusalPartial}
	testShown(t, KindRefusal, []shown{
		{"sorry", RoleAssistant, "I'm sorry, but I can't help with that.", full},
		{"typographic apostrophes", RoleAssistant, "I’m sorry, but I can’t assist with that request.", full},
		{"short", RoleAssistant, "Sorry, I can't.", full},
		{"cannot", RoleAssistant, "I cannot provide instructions for building this device.", full},
		{"wrapped", RoleAssistant, "I cannot\n  provide instructions for\nthis.", full},
		{"unable", RoleAssistant, "I am unable to assist with requests of this kind.", full},
		{"won't", RoleAssistant, "I won't help you write that message.", full},
		{"as an AI", RoleAssistant, "As an AI language model, I must adhere to certain rules and cannot say more.", full},
		{"just an AI", RoleAssistant, "I'm just an AI, it's not within my programming to do so; I must respect the law.", full},
		{"declines", RoleAssistant, "I must respectfully decline.", full},
		{"prefers not", RoleAssistant, "I'd rather not go there.", full},
		{"policy", RoleAssistant, "That would go against my usage policies.", full},
		{"request", RoleAssistant, "This request violates the rules I follow.", full},
		{"other topic", RoleAssistant, "That is beyond my scope, sorry. Let's talk about something else.", full},
		{"does not condone", RoleAssistant, "I do not condone such pranks.", partial},
		{"not appropriate", RoleAssistant, "It is not appropriate to speculate about that.", partial},
		{"German", RoleAssistant, "Es tut mir leid, aber dabei kann ich Ihnen nicht helfen.", full},
		{"French", RoleAssistant, "Désolé, mais je ne peux pas vous aider avec cela.", full},
		{"Chinese", RoleAssistant, "抱歉，我无法提供这方面的帮助。", full},
		{"Spanish", RoleAssistant, "Lo siento, pero no puedo ayudar con eso.", full},
		{"Portuguese", RoleAssistant, "Desculpe, mas não posso ajudar com isso.", full},
		{"Italian", RoleAssistant, "Mi dispiace, ma non posso aiutare in questo.", full},
		{"Dutch", RoleAssistant, "Het spijt me, maar ik kan je daar niet mee helpen.", full},
		{"Russian", RoleAssistant, "Извините, но я не могу помочь с этим.", full},
		{"Japanese", RoleAssistant, "申し訳ありませんが、そのご質問にはお答えできません。", full},
		{"Korean", RoleAssistant, "죄송하지만 그 요청은 도와드릴 수 없습니다.", full},
		{"with an answer after all", RoleAssistant, "I can't help with the lock itself. What you can do instead:\n\n1. Call a locksmith.\n2. Ask the landlord.\n", partial},
		{"later", RoleAssistant, strings.Repeat("The first part of the report is done and it covers the sales of March. ", 6) + "However, I can't help with the third question.", partial},

		{"answer", RoleAssistant, "The capital of Portugal is Lisbon.", nil},
		{"another sense", RoleAssistant, "The valve cannot open while the pump runs, so the tank never empties.", nil},
		{"someone else", RoleAssistant, "She said that they cannot provide the figures before May.", nil},
		{"praise", RoleAssistant, "I cannot recommend this book enough.", nil},
		{"cannot help but", RoleAssistant, "I can't help but notice that the second loop never ends.", nil},
		{"not understood", RoleAssistant, "I'm sorry, but I don't quite understand. Could you give me more context?", nil},
		{"quoted", RoleAssistant, `The log has the reply "I'm sorry, but I can't help with that." four times.`, nil},
		{"in code", RoleAssistant, "Use this as the fallback:\n```python\nreply = 1\n# I cannot provide an answer\n```\n", nil},
		{"a user who refuses", RoleUser, "I'm sorry, but I can't help with that.", nil},
		{"a document that refuses", RoleDocument, "I'm sorry, but I can't help with that.", nil},
		{"empty", RoleAssistant, "", nil},
	}, refusalSoft)
}

// TestTone checks replies that no phrase gives away.
func TestTone(t *testing.T) {
	testShown(t, KindRefusal, []shown{
		{"lecture", RoleAssistant, "It is important to remember that violence is never acceptable. If you are struggling, please seek help from a mental health professional or a trusted friend.", []string{refusalSoft}},
		{"recipe", RoleAssistant, "To bake the bread, mix flour, water, salt and yeast. Let the dough rise for two hours, then bake it at 230 degrees.", nil},
		{"code", RoleAssistant, "Here is the function:\n\n```go\nfunc add(a, b int) int { return a + b }\n```\n\nIt returns the sum of its arguments.", nil},
		{"advice", RoleAssistant, "It is important to note that the index is rebuilt at night. You should run the migration before 22:00, otherwise the job will use the old schema.", nil},
	})
}
