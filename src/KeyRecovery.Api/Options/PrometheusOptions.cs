namespace KeyRecovery.Api.Options;

/// <summary>Metrics for a Prometheus that asks for them.</summary>
internal sealed class PrometheusOptions
{
    /// <summary>
    /// Where <c>/metrics</c> is answered, without a token and beside nothing else: <c>http://ADDRESS:PORT</c>, with an
    /// address of this machine. Default: nowhere.
    /// </summary>
    public string? Listen { get; set; }

    /// <summary>Whether <see cref="Listen"/> names one address, a port, and no more.</summary>
    public static bool IsListener(string listen) =>
        Uri.TryCreate(listen, UriKind.Absolute, out var url)
        && url is { Scheme: "http", PathAndQuery: "/", UserInfo: "", Fragment: "" }
        && url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6
        && listen.TrimEnd('/') == $"http://{url.Host}:{url.Port}";
}
