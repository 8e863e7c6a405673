package authtest

import "strings"

// GoodPaths are targets that stay here and are emitted byte by byte.
var GoodPaths = []string{
	"/", "/dashboard", "/users/7#top", "/people?q=a%20b", "/search?next=https://other.example/",
	"/search?next=//other.example",
	"/caf%C3%A9", "/a/b/../c", "/a/./b", "/a/..", "/..", "/.", "/...//x", "/a//b", "/a//", "/a?x=%2F%2Fevil.example",
	"/a?x=%0d%0a", "/a#%2F%2Fevil",
	"/a;b=c", "/@evil.example", "/:80/x", "/http:evil.example", "/%252f%252fevil.example", "/a?", "/a#", "/%20",
	"/~a!$&'()*+,;=:@",
	"/" + strings.Repeat("a", 2047), "/login?returnTo=/login",
}

// BadPaths are targets that leave, might leave after another decoding, or that two parsers read differently.
var BadPaths = []string{
	"", " ", "dashboard", "?x", "#x", "?//evil.example", "#//evil.example", "..//evil.example", "./\\evil.example",
	"@evil.example", ":evil.example",
	"http://evil.example/", "https://evil.example", "hTTps://evil.example", "https:/evil.example", "https:evil.example",
	"http:evil.example",
	"https:\\\\evil.example", "h\nttps://evil.example", "//evil.example", "///evil.example", "////evil.example",
	"/////evil.example/a",
	"\\\\evil.example", "\\/evil.example", "/\\evil.example", "/\\/evil.example", "/a\\b", "/a?x=\\", "\\evil.example",
	"/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "\t//evil.example", " //evil.example", "//evil.example ",
	"\x00//evil.example", "/\x00/evil.example",
	"/\x0b/evil.example", "/\x7f/evil.example", "/a b", "/dashboard ", "/dashboard\n", "/\r\nSet-Cookie: x=1",
	"//app.example@evil.example", "//app.example", "//[::1]", "//0x7f.1", "//evil。example", "//ⓔⓥⓘⓛ.example",
	"//xn--pp-6kc.example", "//evil.example:80/",
	"/%2f%2fevil.example", "/%2F/evil.example", "%2f%2fevil.example", "/%5cevil.example", "/%5Cevil.example", "/a%2Fb",
	"/a/%5c../b", "%252f%252fevil.example",
	"/%09/evil.example", "/%0a/evil.example", "/%0d%0aSet-Cookie:x=1", "/%00/evil.example", "/a%7f",
	"/%c2%85/evil.example", "/%1f", "/%", "/%zz", "/%2", "/a#%zz",
	"/.//evil.example", "/..//evil.example", "/a/..//evil.example", "/./../..//evil.example", "/%2e%2e//evil.example",
	"/.%2E//evil.example", "/%2e//evil.example",
	"/a/.././/evil.example", "/a/b/../..//evil.example", "/.//",
	"/\u3002evil.example", "/\u200b/evil.example", "/\u2028/evil.example", "\uff0f\uff0fevil.example",
	"/\uff0fevil.example", "/café", "/\xff", "/\u202eevil",
	"javascript:alert(1)", " javascript:alert(1)", "\x01javascript:alert(1)", "javascript://app.example/%0aalert(1)",
	"JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
	"data:text/html,x", "vbscript:msgbox(1)", "file:///etc/passwd", "mailto:a@evil.example", "blob:https://app.example/x",
	"about:blank",
	"/" + strings.Repeat("a", 2048),
}

// GoodURLs are absolute targets as seen by a provider at https://app.example that trusts https://partner.example:8443
// and the app of myapp:// too.
var GoodURLs = []string{
	"https://app.example", "https://app.example/", "https://app.example/a?b#c", "https://APP.EXAMPLE/ok",
	"HTTPS://app.example:443/ok",
	"https://partner.example:8443/a", "https://app.example/?next=https://evil.example",
	"myapp://", "myapp://home", "myapp://home/a?b#c", "myapp:///home", "MyApp://home",
	"myapp://?next=https://evil.example",
}

// BadURLs are what must not pass for one of them.
var BadURLs = []string{
	"https://app.example@evil.example", "https://app.example:x@evil.example", "https://a@app.example/",
	"https://a:b@app.example/", "https://app.example%40evil.example",
	"https://evil.example/app.example", "https://evil.example?app.example", "https://evil.example#app.example",
	"https://evil.example\\@app.example", "https://app.example\\.evil.example",
	"https://evil.example\\.app.example", "https://\u0430pp.example", "https://app.example.evil.example",
	"https://app.example:8443/", "https://app.example:444", "http://app.example",
	"http://app.example:443/", "https://sub.app.example/", "https://app.example./", "https://partner.example/",
	"https:///app.example", "https://app.example//evil.example",
	"https://app.example/\\evil", "https://app.example/%2fevil", "https://app.example/..//evil", "https://app.example/a b",
	"https://app.example/é", "https://app.example?x", "https://app.example#x",
	"https://app.example/\n", " https://app.example/", "https://app.example:/", "//app.example/", "ftp://app.example/",
	"javascript://app.example/%0aalert(1)", "https:app.example/x", "app.example/x",
	"myapp:home", "myapp:/home", "myapp:", "myapp", "myapp2://home", "xmyapp://home", "my-app://home", " myapp://home",
	"myapp://a b", "myapp://a\\b",
	"myapp://é", "myapp://a\n", "myapp://%00", "myapp://a%2fb", "myapp:////home", "intent://home#Intent;scheme=myapp;end",
	"javascript://myapp://", "myapp\t://home",
}
