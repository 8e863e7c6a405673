package web

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/labstack/echo/v5"
)

// ClientIP tells who sent a request: the peer, or, where the peer is one of these proxies, the right-most
// address in X-Forwarded-For that is none of them. What a client writes there itself is never believed.
func ClientIP(proxies []netip.Prefix) func(*http.Request) string {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(&net.IPNet{IP: p.Masked().Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}
