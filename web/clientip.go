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

// ClientIP returns a function for the IP address of a client: the peer or, if the peer is one of these proxies, the
// right-most address in X-Forwarded-For that is none of them. Clients can forge only what is further left. It warns
// once if a proxy seems to be missing in proxies, or writes an unreadable address: then all its visitors share one rate
// limit.
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
				log.Warn("X-Forwarded-For is ignored: add the proxy to TRUSTED_PROXIES, or all its visitors share one address")
			})
		}
		client, unread := clientOf(peer, strings.Split(strings.Join(lines, ","), ","), proxies)
		if unread != "" {
			once.Do(func() {
				log.Warn("X-Forwarded-For is unreadable: all visitors of the proxy share one address",
					"proxy", client, "value", unread[:min(len(unread), 100)])
			})
		}
		return client.String()
	}
}

// clientOf follows hops from peer to the left while each is a trusted proxy. It stops at an unreadable hop, because
// what is further left may be forged, and returns that hop as unread, else "".
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

// readHop parses an address as proxies write it: 203.0.113.7, 203.0.113.7:5555, 2001:db8::1, [2001:db8::1],
// [2001:db8::1]:443, fe80::1%eth0.
func readHop(text string) (netip.Addr, bool) {
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		text += ":0"
	}
	pair, err := netip.ParseAddrPort(text)
	if err != nil {
		addr, err := netip.ParseAddr(text)
		return addr.Unmap().WithZone(""), err == nil
	}
	return pair.Addr().Unmap().WithZone(""), true
}

func nearby(addr netip.Addr) bool {
	return addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast()
}
