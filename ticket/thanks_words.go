package ticket

import "strings"

// thanks are the words of a language: those that say thanks, and those that
// stand beside them. Some languages are written without spaces.
type thanks struct {
	say, beside []string
	joined      bool
}

// anyLanguage are words that all use.
var anyLanguage = fields("ok okay oké hi hello hey super perfect top bravo best kind regards thx lg mfg")

// gratitude is how people thank. A word that could turn the sense of the others
// ("no", "not", "but", "nothing") is never among those beside.
var gratitude = []thanks{
	{say: fields("thanks thank thx tx ty cheers thankyou"), beside: fields(`you u very much so a lot many million again for your the this all it its that s ll
		help support quick fast swift prompt response reply answer assistance effort time kind great good excellent awesome wonderful
		brilliant fantastic amazing nice lovely perfectly fine cool yes works worked working now well done job solved sorted fixed
		everything is and we i am really appreciate appreciated indeed dear team everyone guys folks best kind regards sincerely
		greetings have day weekend evening sir madam mr mrs ms happy that you re lifesaver star`)},
	{say: fields("danke dank vielen dankeschön dankeschoen merci"), beside: fields(`schön schoen sehr herzlichen besten lieben ihnen dir euch für fuer die das den
		der ihre ihren deine eure schnelle schnellen schneller rasche prompte gute nette hilfe antwort unterstützung rückmeldung mühe lösung bearbeitung
		alles klar gut prima toll klasse genial wunderbar bestens perfekt ja funktioniert geht läuft klappt jetzt nun wieder hat geklappt
		gelöst erledigt hallo guten tag liebe lieber herr frau team und nochmals nochmal tausend mal mit freundlichen
		freundliche herzliche beste viele grüße grüßen gruß gruss gruessen gruesse schönen schönes noch wochenende abend lg vg mfg`)},
	{say: fields("merci remercie remercions remerciements"), beside: fields(`beaucoup bien bonjour bonsoir salut pour votre ton vos tes cette cet ce l la le les de du d et à tous toute toutes
		aide réponse reponse rapide rapidité soutien assistance efficacité efficace intervention retour parfait super génial excellent très tres c est bon
		tout fonctionne marche maintenant résolu réglé je vous te nous madame monsieur mille fois encore cordialement bonne
		journée soirée bien équipe amicalement grand un infiniment`)},
	{say: fields("gracias agradezco agradecemos"), beside: fields(`muchas muchísimas mil por su tu la el lo los las ayuda respuesta rápida rapida pronta rapidez apoyo
		atención atencion asistencia todo toda bien perfecto excelente genial estupendo funciona ya ahora resuelto solucionado
		solución está esta hola buenos buenas días dias tardes de nuevo y muy amable se le les agradezco saludos un saludo cordial
		equipo señor señora que tenga buen día fin semana`)},
	{say: fields("grazie ringrazio ringraziamo"), beside: fields(`mille molte tante infinite per la il l le lo vostro vostra suo sua tuo tua aiuto risposta rapida veloce celere supporto
		assistenza disponibilità tutto bene perfetto ottimo eccellente funziona ora adesso risolto buongiorno buonasera salve ciao
		di nuovo ancora e molto gentile gentilissimi vi ti ringrazio cordiali saluti buona giornata serata team a tutti grande siete`)},
	{say: fields("bedankt dank dankje dankjewel dankuwel thanks merci"), beside: fields(`hartelijk je jullie u uw wel voor de het snelle snel goede hulp reactie antwoord
		ondersteuning heel erg veel hartelijke fijn prima goed geweldig perfect mooi alles werkt weer nu opgelost hallo goedemorgen
		goedemiddag beste dag en nogmaals met vriendelijke groet groeten groetjes fijne weekend team mijn`)},
	{say: fields("obrigado obrigada obrigados obrigadas obg agradeço agradecemos valeu"), beside: fields(`muito mesmo pela pelo por sua seu a o ajuda resposta rápida rapida
		rapidez apoio suporte atenção atencao tudo certo bem ótimo otimo perfeito excelente funciona funcionou já ja agora resolvido
		olá ola oi bom boa dia tarde noite e novamente mais uma vez abraço abraços atenciosamente cumprimentos equipe equipa com os melhores`)},
	{say: fields("dziękuję dziekuje dzięki dzieki dziękujemy dziekujemy podziękowania"), beside: fields(`bardzo serdecznie wielkie za pomoc szybką szybka odpowiedź odpowiedz
		reakcję wsparcie wszystko działa dziala już juz teraz dobrze super świetnie swietnie rozwiązane gotowe dzień dzien dobry witam i jeszcze raz
		pozdrawiam pozdrowienia z poważaniem państwu panu pani miłego dnia`)},
	{say: fields("tack tackar"), beside: fields(`så sa mycket för for hjälpen hjalpen hjälp snabba snabbt svaret svar stort tusen supporten allt det fungerar funkar nu igen
		bra fint toppen perfekt jättebra löst hej hejsan och er dig ska du ni ha hälsningar hälsning vänliga med mvh trevlig helg dag kväll`)},
	{say: fields("tak takker takk"), beside: fields(`mange tusind tusen for hjælpen hjelpen hjælp hjelp hurtige hurtig raske rask svar svaret støtten alt det virker fungerer nu nå igen
		godt fint flott perfekt løst hej hei og så meget mye skal du i dere have ha hilsen venlig vennlig hilsener med mvh god dag weekend helg kveld aften`)},
	{say: fields("kiitos kiitoksia kiitän kiitämme"), beside: fields(`paljon avusta avustanne nopeasta nopea vastauksesta vastaus tuesta kaikki toimii nyt taas hyvä hyvin hienoa
		loistavaa erinomaista hei moi ja suuri oikein terveisin ystävällisin terveisin mukavaa päivää viikonloppua`)},
	{say: fields("děkuji dekuji děkujeme dekujeme díky diky děkuju dekuju ďakujem dakujem vďaka"), beside: fields(`moc mockrát mnohokrát velice za pomoc rychlou
		odpověď odpoveď reakci podporu vše vse všechno funguje už teď nyní dobře super výborně skvělé dobrý den a ještě jednou vám pěkně pekne
		s pozdravem hezký den`)},
	{say: fields("köszönöm köszönjük köszi kösz"), beside: fields(`szépen nagyon a az segítséget gyors választ segítség válasz minden működik most már jól jó rendben
		tökéletes szia helló üdv és üdvözlettel még egyszer`)},
	{say: fields("mulțumesc multumesc mulțumim multumim mersi"), beside: fields(`foarte mult frumos pentru ajutor ajutorul răspuns răspunsul raspuns rapid promt suport tot totul
		funcționează functioneaza acum bine perfect bună buna ziua și si încă o dată cu stimă`)},
	{say: fields("teşekkürler teşekkür tesekkurler tesekkur sağol sağolun"), beside: fields(`ederim ederiz çok cok yardımınız yardım için hızlı cevap cevabınız yanıt destek her şey
		çalışıyor şimdi tamam harika mükemmel süper merhaba selam ve tekrar iyi günler saygılarımla`)},
	{say: fields("спасибо благодарю благодарим спс"), beside: fields(`большое огромное вам тебе за помощь быстрый оперативный ответ поддержку очень всё все работает теперь уже хорошо
		отлично супер прекрасно замечательно здравствуйте добрый день привет и ещё еще раз решено с уважением`)},
	{say: fields("дякую дякуємо вдячний вдячна"), beside: fields(`дуже щиро велике за допомогу швидку відповідь підтримку все працює тепер вже добре чудово супер вітаю добрий день і ще раз з повагою вам`)},
	{say: fields("ευχαριστώ ευχαριστούμε ευχαριστω"), beside: fields(`πολύ πολυ σας σε για τη την το βοήθεια γρήγορη απάντηση όλα λειτουργεί τώρα καλά τέλεια γεια καλημέρα και θερμά`)},
	{say: fields("ありがとうございます ありがとうございました ありがとう 感謝します 感謝いたします 感謝申し上げます"), beside: fields("どうも 誠に 本当に 大変 早速 対応 迅速な 対応 助かりました 了解です 承知しました 解決しました  の を に で は も ご お 頂き いただき とても お世話になっております"), joined: true},
	{say: fields("谢谢 谢谢你 谢谢您 多谢 感谢 非常感谢 謝謝 謝謝您 多謝 感謝 非常感謝"), beside: fields("您的帮助 你的帮助 帮助 您的回复 好的 已解决 已经解决 可以了 太好了 收到 辛苦了 您的幫助 已解決 的 了 你 您"), joined: true},
	{say: fields("감사합니다 고맙습니다 감사드립니다"), beside: fields("정말 대단히 빠른 답변 도움 네 잘 됩니다 해결되었습니다 안녕하세요 수고하세요")},
	{say: fields("شكرا شكراً شكرًا مشكور مشكورين"), beside: fields("جزيلا جزيلاً لك لكم على المساعدة الرد السريع كل شيء يعمل الآن مرحبا تمام")},
	{say: fields("תודה"), beside: fields("רבה לך לכם על העזרה המהירה התשובה הכל עובד עכשיו שלום מעולה")},
}

func fields(words string) []string { return strings.Fields(words) }
