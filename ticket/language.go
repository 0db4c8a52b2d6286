package ticket

// AutoLanguage is the language of a department that writes to each customer in
// their own.
const AutoLanguage = "auto"

// LanguageFor is the language in which a department writes to a customer, by its
// tag of RFC 5646. What the department is set to counts; where that is AutoLanguage
// it is the customer's, and where that is not known ("") that of the nearest
// department above which has one, then the desk's.
func (p *Policy) LanguageFor(department, customer string) string {
	for i, key := range p.Lineage(department) {
		switch set := p.Departments[key].Language; {
		case set != AutoLanguage && set != "":
			return set
		case i == 0 && customer != "":
			return customer
		}
	}
	return p.Language
}
