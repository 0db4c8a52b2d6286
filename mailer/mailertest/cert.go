package mailertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"
)

// A Certificate is a kind of certificate a sink can show.
type Certificate string

const (
	Valid     Certificate = "valid"      // for 127.0.0.1 and localhost
	Expired   Certificate = "expired"    // since yesterday
	WrongName Certificate = "wrong name" // for other.example
)

// TLSConfig is what a client needs to trust the certificate that the sink
// shows now.
func (s *Sink) TLSConfig() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(s.config().Certificates[0].Leaf)
	return &tls.Config{RootCAs: pool}
}

// ServerTLS is the sink's own side, for another server under test to show the
// same certificate.
func (s *Sink) ServerTLS() *tls.Config { return s.config().Clone() }

// issue makes a self-signed certificate.
func (c Certificate) issue(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("make key: %v", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(now.UnixNano()),
		Subject:               pkix.Name{CommonName: "sink"},
		NotBefore:             now.Add(-48 * time.Hour),
		NotAfter:              now.Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	switch c {
	case Expired:
		template.NotAfter = now.Add(-24 * time.Hour)
	case WrongName:
		template.DNSNames, template.IPAddresses = []string{"other.example"}, nil
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatalf("make certificate: %v", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatalf("read certificate: %v", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}
