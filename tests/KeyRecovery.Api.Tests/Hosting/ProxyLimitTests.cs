using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Linking;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Hosting;

/// <summary>
/// What <c>infra/</c> and docs/operations.md say of limits in proxies is this server's: they pass what it takes, wait
/// for as long as it does, and leave a connection before it does.
/// </summary>
public sealed partial class ProxyLimitTests
{
    private const long MiB = 1024 * 1024;

    private static readonly string Root =
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", ".."));

    private static readonly string Nginx = Read("infra/proxies/nginx.conf");
    private static readonly string Caddy = Read("infra/compose/Caddyfile");
    private static readonly string Page = Read("docs/operations.md").Split("## In front of it")[1].Split("\n## ")[0];

    [Fact]
    public async Task The_longest_body_of_any_route_passes_and_the_page_says_how_long_it_is()
    {
        await using var host = await TestHost.StartAsync();
        var longest = host.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Max(route => route.Metadata.GetMetadata<BodyLimit>()?.Bytes ?? 0);
        Assert.InRange(longest, Limits.RepairBytes + 1, Number(Nginx, NginxBody()) * MiB);
        Assert.InRange(longest, Limits.RepairBytes + 1, Number(Caddy, CaddyBody()) * 1_000_000);
        var (list, repair) = ($"{(longest + MiB - 1) / MiB} MiB", $"{(double)Limits.RepairBytes / MiB:0.0}");
        foreach (var told in (string[])[Nginx, Caddy, Page])
        {
            Assert.Contains(list, told, StringComparison.Ordinal);
            Assert.Contains($" {repair}", told, StringComparison.Ordinal);
        }

        foreach (var line in (string[])["client_max_body_size 64m", "max_size 64MB"])
        {
            Assert.Contains(line, Page, StringComparison.Ordinal);
            Assert.Contains(line, Nginx + Caddy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_poll_is_waited_for_and_an_idle_connection_left_before_the_server_leaves_it()
    {
        var kestrel = new KestrelServerOptions();
        KestrelSetup.Configure(kestrel);
        // A server that holds a poll may be slow beside that.
        var least = (int)(2 * LinkRelayLimits.MaxWait).TotalSeconds;
        var most = (int)kestrel.Limits.KeepAliveTimeout.TotalSeconds / 2;
        Assert.InRange(Number(Nginx, NginxWait()), least, int.MaxValue);
        Assert.InRange(Number(Caddy, CaddyWait()), least, int.MaxValue);
        Assert.InRange(Number(Nginx, NginxIdle()), 1, most);
        Assert.InRange(Number(Caddy, CaddyIdle()), 1, most);
    }

    private static long Number(string file, Regex line) =>
        long.Parse(Assert.Single(line.Matches(file)).Groups[1].Value, CultureInfo.InvariantCulture);

    private static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static string Here([CallerFilePath] string here = "") => here;

    [GeneratedRegex(@"^\s*client_max_body_size (\d+)m;$", RegexOptions.Multiline)]
    private static partial Regex NginxBody();

    [GeneratedRegex(@"^\s*proxy_read_timeout (\d+)s;$", RegexOptions.Multiline)]
    private static partial Regex NginxWait();

    [GeneratedRegex(@"^\s*keepalive_timeout (\d+)s;$", RegexOptions.Multiline)]
    private static partial Regex NginxIdle();

    [GeneratedRegex(@"^\s*max_size (\d+)MB$", RegexOptions.Multiline)]
    private static partial Regex CaddyBody();

    [GeneratedRegex(@"^\s*response_header_timeout (\d+)s$", RegexOptions.Multiline)]
    private static partial Regex CaddyWait();

    [GeneratedRegex(@"^\s*keepalive (\d+)s$", RegexOptions.Multiline)]
    private static partial Regex CaddyIdle();
}
