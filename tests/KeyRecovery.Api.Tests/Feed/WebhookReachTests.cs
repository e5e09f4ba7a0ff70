using System.Net;
using System.Net.Sockets;
using KeyRecovery.Api.Webhooks;

namespace KeyRecovery.Api.Tests.Feed;

/// <summary>No webhook leads to what stands beside the server, whatever name it has.</summary>
public sealed class WebhookReachTests
{
    [Theory]
    [InlineData("8.8.8.8", true, true)]
    [InlineData("2606:4700:4700::1111", true, true)]
    [InlineData("::ffff:8.8.8.8", true, true)]
    [InlineData("10.1.2.3", false, true)]
    [InlineData("100.64.0.1", false, true)]
    [InlineData("172.15.255.255", true, true)]
    [InlineData("172.16.0.1", false, true)]
    [InlineData("172.31.255.255", false, true)]
    [InlineData("172.32.0.1", true, true)]
    [InlineData("192.168.1.1", false, true)]
    [InlineData("127.0.0.1", false, true)]
    [InlineData("127.9.9.9", false, true)]
    [InlineData("::1", false, true)]
    [InlineData("::ffff:127.0.0.1", false, true)]
    [InlineData("::ffff:10.0.0.1", false, true)]
    [InlineData("fd00::1", false, true)]
    [InlineData("fd00:42::42", false, false)]
    [InlineData("fd00:42::43", false, true)]
    [InlineData("fd00:c1::a9fe:a9fe", false, false)]
    [InlineData("fd00:100::100:200", false, false)]
    [InlineData("fd00:a9fe:a9fe::1", false, false)]
    [InlineData("fd00:ec2::254", false, false)]
    [InlineData("fd20:ce::254", false, false)]
    [InlineData("100.100.100.200", false, false)]
    [InlineData("168.63.129.16", false, false)]
    [InlineData("169.254.169.254", false, false)]
    [InlineData("::ffff:169.254.169.254", false, false)]
    [InlineData("fe80::1", false, false)]
    [InlineData("fec0::1", false, false)]
    [InlineData("0.0.0.0", false, false)]
    [InlineData("::", false, false)]
    [InlineData("::10.0.0.1", false, false)]
    [InlineData("64:ff9b::10.0.0.1", false, false)]
    [InlineData("2002:a00:1::", false, false)]
    [InlineData("2001::1", false, false)]
    [InlineData("192.0.2.1", false, false)]
    [InlineData("198.18.0.1", false, false)]
    [InlineData("224.0.0.1", false, false)]
    [InlineData("255.255.255.255", false, false)]
    [InlineData("ff02::1", false, false)]
    public void Which_addresses_a_webhook_may_have(string address, bool isPublic, bool isPrivate)
    {
        var one = IPAddress.Parse(address);
        Assert.Equal((isPublic, isPrivate), (WebhookReach.Public.Reaches(one), WebhookReach.Private.Reaches(one)));
        Assert.Equal(
            IPAddress.IsLoopback(one.IsIPv4MappedToIPv6 ? one.MapToIPv4() : one), WebhookReach.Loopback.Reaches(one));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("localhost")]
    [InlineData("2130706433")]
    public async Task An_address_within_is_not_even_connected_to_unless_the_settings_say_so(string host)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var webhook = new Uri($"https://{host}:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        using var sender = new WebhookSender();

        var refused = await sender.SendAsync(webhook, WebhookReach.Public, default, "t", CancellationToken.None);
        Assert.Contains("no address that a webhook may have", refused, StringComparison.Ordinal);
        Assert.False(listener.Pending());

        // The control: within reach, it is connected to.
        var sending = sender.SendAsync(webhook, WebhookReach.Private, default, "t", CancellationToken.None);
        (await listener.AcceptTcpClientAsync()).Dispose();
        Assert.Contains("cannot be reached", await sending, StringComparison.Ordinal);
    }
}
