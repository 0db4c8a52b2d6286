package ticket

import "testing"

// thanking are mails that say thanks and nothing else, as people write them.
var thanking = []string{
	"Thanks!",
	"Thank you very much!",
	"thx",
	"Many thanks for your quick help.\n\nKaren",
	"Thanks a lot, it works now :-)",
	"Great, thank you so much! Everything is working again. 👍",
	"Hi Jane,\n\nthat's perfect, thanks for the fast response!\n\nBest regards\nKaren Customer",
	"Cheers, all sorted.",
	"THANK YOU!!!",
	"OK thanks ;-)",
	"Much appreciated, thank you.",
	"You're a star. Thanks!",
	"Danke!",
	"Vielen Dank für die schnelle Hilfe!",
	"Super, jetzt klappt alles. Herzlichen Dank!\n\nLiebe Grüße\nKaren",
	"Hallo Jane,\n\nbesten Dank, funktioniert wieder.\n\nMit freundlichen Grüßen\nKaren Customer",
	"Dankeschön",
	"Merci beaucoup !",
	"Bonjour,\n\nc'est parfait, merci pour votre aide.\n\nCordialement,\nKaren",
	"Je vous remercie infiniment, tout fonctionne.",
	"¡Muchas gracias!",
	"Perfecto, ya funciona. Gracias por su rápida respuesta. Saludos",
	"Grazie mille, tutto risolto!",
	"Vi ringrazio per il supporto. Cordiali saluti",
	"Bedankt voor de snelle reactie!",
	"Hartelijk dank, alles werkt weer. Met vriendelijke groet, Karen",
	"Muito obrigada pela ajuda!",
	"Obrigado, já funciona. Abraço",
	"Dziękuję bardzo za szybką pomoc!",
	"Dzięki, wszystko działa. Pozdrawiam",
	"Tack så mycket för hjälpen!",
	"Stort tack, det fungerar nu igen. Mvh Karen",
	"Mange tak for hjælpen!",
	"Tusen takk for rask hjelp, alt virker nå. Hilsen Karen",
	"Kiitos paljon nopeasta avusta!",
	"Děkuji moc za rychlou odpověď.",
	"Ďakujem pekne!",
	"Köszönöm szépen a gyors segítséget!",
	"Mulțumesc frumos pentru ajutor!",
	"Teşekkür ederim, her şey çalışıyor.",
	"Спасибо большое, всё работает!",
	"Дуже дякую за допомогу!",
	"Ευχαριστώ πολύ για τη βοήθεια!",
	"ありがとうございました。",
	"迅速な対応ありがとうございました。助かりました!",
	"谢谢您的帮助!",
	"太好了,谢谢!",
	"감사합니다!",
	"شكرا جزيلا",
	"תודה רבה!",
}

// workInIt are mails that thank and leave something to do, or to look at.
var workInIt = []string{
	"Thanks, but it still fails",
	"Thanks, but it still fails.\n\nKaren",
	"Thank you. It is not working though.",
	"Thanks for nothing",
	"No thanks",
	"Thanks. Is it working now?",
	"Thanks in advance",
	"Thanks, please close the ticket and send the invoice",
	"Thanks! One more question: where is the manual",
	"Thanks for your reply, I will try tomorrow",
	"Thanks, same error 500",
	"Thanks :-(",
	"Thank you 😞",
	"Thanks, see https://bank.example/x",
	"Thanks, I call you at noon",
	"It works",
	"OK",
	"Great!",
	"",
	"Danke, aber es geht noch nicht",
	"Danke im Voraus",
	"Vielen Dank, leider ohne Erfolg",
	"Danke, es funktioniert nicht",
	"Danke! Wie lange dauert das?",
	"Merci, mais rien ne fonctionne",
	"Merci d'avance",
	"Merci de me rappeler",
	"Gracias, pero no funciona",
	"Gracias de antemano",
	"Grazie, ma non funziona ancora",
	"Alvast bedankt",
	"Bedankt, maar het werkt niet",
	"Obrigado, mas ainda não funciona",
	"Dziękuję, ale nadal nie działa",
	"Tack, men det fungerar inte",
	"Tak, men det virker ikke",
	"Kiitos, mutta ei toimi",
	"Děkuji, ale nefunguje to",
	"Спасибо, но не работает",
	"ありがとうございます。まだ動きません。",
	"谢谢,还是不行",
	"감사합니다만 아직 안 됩니다",
	"Thanks. " + "I am so very much and really indeed very very very very glad",
	"Thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks",
}

// TestOnlyThanks: what only says thanks is told from what says more.
func TestOnlyThanks(t *testing.T) {
	t.Parallel()
	for want, texts := range map[bool][]string{true: thanking, false: workInIt} {
		for _, text := range texts {
			if onlyThanks(text, "Karen Customer", "Jane Doe", "Support") != want {
				t.Errorf("%q only says thanks: %v", text, !want)
			}
		}
	}
}
