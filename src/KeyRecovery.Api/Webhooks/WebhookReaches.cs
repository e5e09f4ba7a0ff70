using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace KeyRecovery.Api.Webhooks;

/// <summary>Tells whether an address is within reach: as it is connected to, whatever a name said before.</summary>
internal static class WebhookReaches
{
    // IANA's registries of special-purpose addresses (RFC 6890).
    private static readonly ImmutableArray<IPNetwork> Private = Networks(
        "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7");

    // Those registries, multicast, and what clouds answer to those who stand within them: 169.254.169.254 and
    // 192.0.0.192 are in them, 100.100.100.200 (Alibaba) and 168.63.129.16 (Azure) are named. So are those of IPv6, in
    // this order: Scaleway, Oracle, Alibaba, Akamai, AWS, Google.
    private static readonly ImmutableArray<IPNetwork> Never = Networks(
        "0.0.0.0/8", "100.100.100.200/32", "168.63.129.16/32", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "fd00:42::42/128", "fd00:c1::a9fe:a9fe/128", "fd00:100::100:200/128", "fd00:a9fe:a9fe::1/128",
        "fd00:ec2::/32", "fd20:ce::254/128");

    // Of IPv6 what is given out is listed, and what in it leads elsewhere.
    private static readonly IPNetwork Unicast = IPNetwork.Parse("2000::/3");

    private static readonly ImmutableArray<IPNetwork> NotUnicast = Networks(
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    /// <summary>What a webhook of that address may reach; one of plain HTTP, as Development has it, loopback alone.
    /// </summary>
    public static WebhookReach Of(Uri webhook, bool allowsPrivate) =>
        webhook.Scheme == Uri.UriSchemeHttp ? WebhookReach.Loopback
        : allowsPrivate ? WebhookReach.Private : WebhookReach.Public;

    /// <summary>Whether it may be connected to.</summary>
    public static bool Reaches(this WebhookReach reach, IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (reach == WebhookReach.Loopback) return IPAddress.IsLoopback(address);
        if (Has(Never, address)) return false;
        if (Has(Private, address)) return reach == WebhookReach.Private;
        return address.AddressFamily == AddressFamily.InterNetwork
            || (Unicast.Contains(address) && !Has(NotUnicast, address));
    }

    private static bool Has(ImmutableArray<IPNetwork> networks, IPAddress address) =>
        networks.Any(network => network.Contains(address));

    private static ImmutableArray<IPNetwork> Networks(params string[] networks) =>
        [.. networks.Select(network => IPNetwork.Parse(network))];
}
