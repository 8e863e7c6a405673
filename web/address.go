package web

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/labstack/echo/v5"
)

// ClientIP tells who sent a request: the peer, or, where the peer is one of these proxies, the right-most
// address in X-Forwarded-For that is none of them. What a client writes there itself is never believed. Where a
// private peer sends that header and no proxy is named, log is told, once: everybody behind it counts as one.
func ClientIP(proxies []netip.Prefix, log *slog.Logger) func(*http.Request) string {
	if len(proxies) == 0 {
		var once sync.Once
		direct := echo.ExtractIPDirect()
		return func(r *http.Request) string {
			ip := direct(r)
			if r.Header.Get(echo.HeaderXForwardedFor) != "" && nearby(ip) {
				once.Do(func() {
					log.Warn("X-Forwarded-For is not believed: name the proxy in TRUSTED_PROXIES, or all its visitors share one address")
				})
			}
			return ip
		}
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(&net.IPNet{IP: p.Masked().Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

func nearby(ip string) bool {
	addr, err := netip.ParseAddr(ip)
	return err == nil && (addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast())
}
