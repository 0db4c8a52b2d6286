package ticket

// A tongue is how a language is known: by words that people cannot do without. Those
// that several languages have count for each. Letters tell little: names have any.
type tongue struct {
	language string // tag of RFC 5646; of one that the desk does not write it keeps a neighbour from being taken for it
	words    map[string]bool
}

// tongues are the languages that the desk writes, and their neighbours.
var tongues = []tongue{
	speaks("en", `a an the and or but if of to in on at for with from by about into is are was were be been am do does did don doesn didn
		have has had haven i you he she it we they me my your our their his her its this that these those there here what which who
		when where why how not no can cannot can't could would should will won may please thanks thank hello hi dear regards any some
		all just still since again get got us help need want as so than then because after before i'm it's i've don't doesn't`),
	speaks("de", `der die das den dem des ein eine einen einem einer eines kein keine keinen und oder aber wenn weil dass daß ob als wie
		ich du er sie es wir ihr mich mir uns ihnen ihre ihren ihrem ihrer mein meine meinen meinem meiner unser unsere unseren sein seine
		ist sind war waren bin habe haben hat hatte kann können konnte muss müssen soll wird werden wurde möchte möchten bitte
		nicht noch nur auch schon sehr mehr hier dort da dann jetzt seit heute gestern mit von vom zu zum zur bei beim nach aus auf für
		über unter im in an am durch ohne um was wer wo warum wann welche welcher guten tag hallo danke vielen grüße gruß freundlichen
		herr frau geehrte damen herren geht funktioniert`),
	speaks("fr", `le la les un une des du de d l et ou mais si que qui quoi dont où je j tu il elle on nous vous ils elles me m te se s y en
		mon ma mes ton votre vos notre nos son sa ses leur leurs ce cette ces cet ça c est sont était suis êtes sommes être ai as avez avons ont
		avoir ne n pas plus rien jamais peux peut pouvez puis pourriez dois doit faire fait avec sans pour par sur sous dans chez à au aux
		depuis après avant comme quand comment pourquoi quel quelle merci bonjour bonsoir cordialement madame monsieur salutations
		toujours encore très bien aussi donc lorsque veuillez`),
	speaks("es", `el la los las un una unos unas lo al del de y e o u pero si que qué quien cual cuál donde dónde cuando cuándo como cómo por
		porque para con sin en sobre entre desde hasta yo tú él ella usted ustedes nosotros me te se le les nos mi mis su sus nuestro nuestra
		este esta esto estos estas ese esa eso es son era está están estoy estamos ser hay he ha han hemos tengo tiene tienen puedo puede
		pueden podría quiero quisiera necesito no ni ya más muy también todavía aún hola buenos buenas días tardes gracias saludos favor
		cordial estimado estimada señor señora`),
	speaks("nl", `de het een en of maar als dat die dit deze ik jij je u hij zij ze wij we mij mijn uw ons onze zijn is was waren ben heb hebt
		heeft hebben had kan kunnen kunt moet wil worden wordt niet geen nog ook al wel met van voor naar bij op in aan uit over door om
		te er hier daar wat wie waar waarom hoe wanneer graag alstublieft bedankt hallo dag goedemorgen geachte groet groeten vriendelijke
		sinds vandaag`),
	speaks("it", `il lo la i gli le l un uno una del della dei delle dello di a da in con su per tra fra al alla nel nella sul e o ma se che chi
		cui dove quando come perché io tu lui lei noi voi mi ti si ci vi mio mia miei suo sua nostro vostro questo questa questi quello è
		sono era sei siamo ho hai ha abbiamo avete hanno posso può possiamo vorrei non più anche ancora molto già solo buongiorno salve
		grazie cordiali saluti gentile prego`),
	speaks("pt", `o a os as um uma uns umas do da dos das de no na nos nas em ao à e ou mas se que quem qual onde quando como por para com sem
		sobre desde até eu tu ele ela você vocês nós me te lhe meu minha meus seu sua nosso este esta isto isso esse essa é são era está estão
		estou ser há tenho tem têm posso pode podem não nem já mais muito também ainda olá bom boa dia tarde obrigado obrigada cumprimentos
		favor`),
	speaks("ca", `el la els les un una uns unes l de del dels d al als i o però si que qui què on quan com per perquè amb sense en entre des fins
		jo tu ell ella vostè nosaltres em et es li ens meu meva seu seva aquest aquesta això és són era està estic ser hi ha he hem tinc
		té puc pot podem vull no ni ja més molt també encara hola bon bona dia gràcies salutacions si us plau`),
	speaks("da", `den det de en et og eller men hvis at som jeg du han hun vi i de mig min mit mine din dit vores er var har havde kan kunne
		skal vil bliver blev ikke ingen også endnu meget mere her der nu siden med af fra til ved på i om for efter under hvad hvem hvor
		hvorfor når hvordan hej tak venlig hilsen`),
	speaks("sv", `den det de en ett och eller men om att som jag du han hon vi ni mig min mitt mina din ditt vår er är var har hade kan kunde
		ska vill blir blev inte ingen också ännu mycket mer här där nu sedan med av från till vid på i för efter under vad vem var
		varför när hur hej tack vänliga hälsningar`),
	speaks("pl", `i a w z na do się nie to że jak ale o po za od przez dla jest są był mam mamy ma mogę może proszę dziękuję dzień dobry
		pozdrawiam mój moja ten ta czy co gdy już tylko bardzo jeszcze przy oraz lub`),
}

func speaks(language, words string) tongue {
	t := tongue{language, map[string]bool{}}
	for _, w := range fields(words) {
		t.words[w] = true
	}
	return t
}
