package ticket

// A FieldFact is the value of a field as it is kept, for whoever words it in the
// language of a customer.
type FieldFact struct {
	Name  string
	Type  FieldType
	Value string
}

func (f Field) fact(value string) FieldFact { return FieldFact{f.Name, f.Type, value} }

// refuses is a refusal of a value, with the name of the field before it. What has no
// words for customers has none with the name either.
func (f Field) refuses(no *Refusal) error {
	both := &Refusal{Kind: no.Kind, Text: f.Name + ": " + no.Text}
	if no.Key != "" {
		both.Key, both.Values = "refused.field", with("field", f.Name, "words", no)
	}
	return both
}
