package ticket_test

import (
	"slices"
	"strings"
	"testing"

	"deskpost/ticket"
)

func TestGuess(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Hello, I cannot log in since this morning. Can you help?":            "en",
		"My printer is not working":                                           "en",
		"Where is my invoice?":                                                "en",
		"I can't log in":                                                      "en",
		"It doesn't start any more, please help.":                             "en",
		"Mein Drucker druckt nicht":                                           "de",
		"Guten Tag, seit heute früh komme ich nicht mehr ins Online-Banking.": "de",
		"Ich habe mein Passwort vergessen. Bitte um Hilfe.":                   "de",
		"Sehr geehrte Damen und Herren, die Rechnung ist falsch.":             "de",
		"hallo, das geht immer noch nicht":                                    "de",
		"Bonjour, je ne peux pas me connecter depuis ce matin.":               "fr",
		"Mon imprimante ne fonctionne plus":                                   "fr",
		"Où est ma facture ?":                                                 "fr",
		"Je n’ai pas reçu l’e-mail, pourriez-vous me le renvoyer ? Merci":     "fr",
		"Hola, no puedo entrar en mi cuenta desde esta mañana.":               "es",
		"Mi impresora no funciona":                                            "es",
		"¿Dónde está mi factura?":                                             "es",
		"Buenos días, he olvidado la contraseña. Gracias.":                    "es",
		"":                             "",
		"Printer":                      "",
		"Re: Invoice 4711":             "",
		"FYI":                          "",
		"Problem Login":                "",
		"ok":                           "",
		"1234 5678 99,90 EUR":          "",
		"https://bank.example/login/a": "",
		"Hallo, ik kan sinds vanochtend niet meer inloggen. Kunt u mij helpen?":                          "",
		"Buongiorno, non riesco più ad accedere al mio conto. Grazie.":                                   "",
		"Olá, não consigo entrar na minha conta desde hoje. Obrigado.":                                   "",
		"Hola, no puc entrar al meu compte des d'aquest matí. Gràcies.":                                  "",
		"Hej, jag kan inte logga in sedan i morse. Kan ni hjälpa mig?":                                   "",
		"Hej, jeg kan ikke logge ind siden i morges. Kan I hjælpe mig?":                                  "",
		"Dzień dobry, nie mogę się zalogować. Proszę o pomoc.":                                           "",
		"Здравствуйте, я не могу войти.":                                                                 "",
		"您好，我无法登录。":                                                                                      "",
		"Guten Tag, was soll ich da tun? It says that you are not allowed to do that, please try again.": "",
		"Der Server sagt mir: permission denied (publickey,gssapi-keyex). Was soll ich da tun?":          "de",
	} {
		if got := ticket.Guess(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A word that is repeated says nothing more, and what stands far below does not
// count.
func TestGuessIsBounded(t *testing.T) {
	t.Parallel()
	if got := ticket.Guess(strings.Repeat("nicht ", 50)); got != "" {
		t.Errorf("one word again and again: %q", got)
	}
	german := strings.Repeat("Ich habe die Rechnung nicht. ", 400)
	if got := ticket.Guess(german + strings.Repeat("I do not have the invoice. ", 4000)); got != "de" {
		t.Errorf("a long text: %q", got)
	}
}

func FuzzGuess(f *testing.F) {
	for _, seed := range []string{"", "the the and", "Ich habe \xff nicht", strings.Repeat("é", 9000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := ticket.Guess(text)
		if got != "" && !slices.Contains(ticket.Languages(), got) {
			t.Errorf("%q is no language of ours", got)
		}
		if again := ticket.Guess(text); again != got {
			t.Errorf("%q, then %q", got, again)
		}
		if got != ticket.Guess(strings.ToUpper(strings.ToLower(text))) && isASCII(text) {
			t.Error("capitals change it")
		}
	})
}

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 126 }) }
