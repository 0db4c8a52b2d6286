package templates

// Languages are those that the built-in words are written in, by their tags of
// RFC 5646.
func Languages() []string { return []string{"en"} }
