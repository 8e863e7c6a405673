package web

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

const forwardedFor = "X-Forwarded-For"

// ClientIP tells who sent a request: the peer, or, where the peer is one of these proxies, the right-most
// address in X-Forwarded-For that is none of them. What a client writes there itself is never believed. Where a
// private peer sends that header and no proxy is named, log is told, once: everybody behind it counts as one. So does
// everybody behind a proxy that writes there what cannot be read, and log is told of that, once.
func ClientIP(proxies []netip.Prefix, log *slog.Logger) func(*http.Request) string {
	var once sync.Once
	return func(r *http.Request) string {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		peer, err := netip.ParseAddr(host)
		if err != nil {
			return host
		}
		peer = peer.Unmap().WithZone("")
		lines := r.Header.Values(forwardedFor)
		if len(lines) == 0 {
			return peer.String()
		}
		if len(proxies) == 0 && nearby(peer) {
			once.Do(func() {
				log.Warn("X-Forwarded-For is not believed: name the proxy in TRUSTED_PROXIES, or all its visitors share one address")
			})
		}
		client, unread := clientOf(peer, strings.Split(strings.Join(lines, ","), ","), proxies)
		if unread != "" {
			once.Do(func() {
				log.Warn("X-Forwarded-For cannot be read: all visitors of the proxy that wrote it share one address",
					"proxy", client, "value", unread[:min(len(unread), 100)])
			})
		}
		return client.String()
	}
}

// clientOf follows hops from peer to the left for as long as one trusted proxy tells of the next. A hop that no address can
// be read from ends there, at the proxy that wrote it: what stands further left may be the client's own. unread is that
// hop, "" where all could be read.
func clientOf(peer netip.Addr, hops []string, proxies []netip.Prefix) (client netip.Addr, unread string) {
	client = peer
	for _, text := range slices.Backward(hops) {
		trusted := func(p netip.Prefix) bool { return p.Contains(client) }
		if !slices.ContainsFunc(proxies, trusted) || strings.TrimSpace(text) == "unknown" {
			return client, ""
		}
		hop, ok := readHop(strings.TrimSpace(text))
		if !ok {
			return client, text
		}
		client = hop
	}
	return client, ""
}

// readHop reads an address as proxies write it: 203.0.113.7, 203.0.113.7:5555, 2001:db8::1, [2001:db8::1],
// [2001:db8::1]:443, fe80::1%eth0.
func readHop(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(text)
	if err == nil {
		return addr.Unmap().WithZone(""), true
	}
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		text += ":0"
	}
	pair, err := netip.ParseAddrPort(text)
	return pair.Addr().Unmap().WithZone(""), err == nil
}

func nearby(addr netip.Addr) bool {
	return addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast()
}
