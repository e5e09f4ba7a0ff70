using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace KeyRecovery.Api.Hosting;

/// <summary>
/// Whose word about a caller's address is taken: the configured proxies', all along the chain, and nobody else's.
/// </summary>
internal static class Proxies
{
    public static void UseKnownProxies(this IApplicationBuilder app, IList<string> proxies)
    {
        if (proxies.Count == 0) return;
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = null,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
        {
            if (IPAddress.TryParse(proxy, out var address)) options.KnownProxies.Add(address);
            else options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
        }

        app.UseForwardedHeaders(options);
    }
}
