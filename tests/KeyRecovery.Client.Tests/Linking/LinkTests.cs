using System.Net;
using KeyRecovery.Client.Tests.Devices;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Linking;

/// <summary>Both roles of linking over the real relay.</summary>
[Collection(ServerTests.Name)]
public sealed class LinkTests(ServerFixture fixture) : LinkTable(fixture)
{
    // After handshake, commitment, reveal, possession and ready.
    private const string Acknowledgement = "/n/5";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_linked_device_has_the_bundle_every_item_and_the_same_head(bool typed)
    {
        using var onPhone = await RevocationTests.NewAccountAsync(Phone, Fixture, Code);
        await using var link = TestDevice.Value(await onPhone.BeginLinkAsync(typed));
        Assert.InRange(link.ExpiresIn, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(120));
        LinkCandidate? seen = null;
        var existing = link.RunAsync(Approve(candidate => seen = candidate), Bundle);
        using var code = typed ? await FindAsync(link.TypedText!) : Scan(link.QrText);
        var joined = TestDevice.Value(await Laptop.Client.LinkAsync(code, Join()));
        using var onLaptop = joined.Vault;
        using var bundle = joined.Bundle;
        var linked = TestDevice.Value(await existing);

        Assert.Equal(new LinkCandidate("laptop", "Linux", IPNetwork.Parse("127.0.0.0/24")), seen);
        Assert.Equal(onLaptop.Device, linked.Id);
        Assert.Equal(Bundle, bundle.Span.ToArray());
        Assert.Equal("first"u8.ToArray(), TestDevice.Value(await onLaptop.GetAsync("a")));
        Assert.Equal(
            (onPhone.Account, onPhone.Version, onPhone.Epoch), (onLaptop.Account, onLaptop.Version, onLaptop.Epoch));
        Assert.Equal("laptop", onPhone.Authorities.Single(a => a.Id == linked.Id).Name);
        TestDevice.Value(await onLaptop.PutAsync("b", "from the laptop"u8.ToArray()));
        using var again = await Laptop.OpenAsync();

        using var used = Scan(link.QrText);
        using var other = new TestDevice(Fixture.Server.Address);
        Assert.IsType<ClientFailure.LinkGone>(TestDevice.Failure(await other.Client.LinkAsync(used, Join())));
    }

    [Theory]
    [InlineData("the other device died")]
    [InlineData("the server died")]
    [InlineData("this call was cancelled")]
    public async Task A_new_device_that_has_all_is_linked_even_if_it_cannot_acknowledge(string why)
    {
        using var onPhone = await RevocationTests.NewAccountAsync(Phone, Fixture, Code);
        await using var link = TestDevice.Value(await onPhone.BeginLinkAsync());
        using var death = new CancellationTokenSource();
        using var cancel = new CancellationTokenSource();
        var existing = link.RunAsync(Approve(_ => { }), Bundle, death.Token);
        Laptop.Relay.OnRequest = (request, _) =>
        {
            if (request.Method != HttpMethod.Put
                || !request.RequestUri!.AbsolutePath.EndsWith(Acknowledgement, StringComparison.Ordinal)) return null;
            if (why == "the server died") throw new HttpRequestException(why);
            if (why == "this call was cancelled") cancel.Cancel();
            death.Cancel();
            Task.WaitAny([existing], TimeSpan.FromMinutes(1));
            return null;
        };
        using var code = Scan(link.QrText);
        var joined = TestDevice.Value(await Laptop.Client.LinkAsync(code, Join(), cancel.Token));
        await death.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => existing);

        Assert.Equal(Bundle, joined.Bundle.Span.ToArray());
        Assert.Equal("first"u8.ToArray(), TestDevice.Value(await joined.Vault.GetAsync("a")));
        Use(joined);
        using var again = await Laptop.OpenAsync();
        TestDevice.Value(await onPhone.RefreshAsync());
        Assert.Contains(onPhone.Authorities, a => a.Id == again.Device);
    }

    [Fact]
    public async Task Digits_may_be_wrong_twice_and_what_is_not_six_digits_costs_no_try()
    {
        var tries = new List<int>();
        var (existing, joining, _) = await RunAsync(async (left, right) =>
        {
            tries.Add(left);
            return tries.Count switch { 1 => "12", 2 or 3 => Other(right), _ => await Task.FromResult(right) };
        });
        TestDevice.Value(existing);
        Use(TestDevice.Value(joining));
        Assert.Equal([3, 3, 2, 1], tries);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public async Task A_nameplate_that_somebody_else_has_is_drawn_anew_a_few_times(int collisions, bool works)
    {
        using var onPhone = await RevocationTests.NewAccountAsync(Phone, Fixture, Code);
        await using var theirs = TestDevice.Value(await onPhone.BeginLinkAsync(typed: true));
        var unlucky = new UnluckyRandom(theirs.TypedText![..4], collisions);
        using var tablet = new TestDevice(Fixture.Server.Address, adjust: options => options with { Random = unlucky });
        using var onTablet = await RevocationTests.NewAccountAsync(tablet, Fixture, null);
        var (before, begun) = (tablet.Relay.Requests, await onTablet.BeginLinkAsync(typed: true));
        Assert.Equal(3, tablet.Relay.Requests - before);
        if (works)
        {
            await using var link = TestDevice.Value(begun);
            using var code = await FindAsync(link.TypedText!);
            Assert.Equal(link.QrText, code.ToQrText());
        }
        else
        {
            Assert.Equal(("conflict", "nameplate"), TestDevice.Failure(begun) is ClientFailure.Refused refused
                ? (refused.Type, refused.Field) : default);
        }
    }

    [Fact]
    public async Task When_the_chain_moves_during_consent_the_new_device_signs_again()
    {
        using var tablet = new TestDevice(Fixture.Server.Address);
        var (existing, joining, onPhone) = await RunAsync(
            (_, right) => Task.FromResult(right),
            join: Join() with
            {
                // After the offer, before the signature: another device joins.
                Consent = async (_, _) =>
                {
                    using var onTablet = await tablet.RecoverAsync(Code, name: "tablet");
                    return true;
                },
            });
        TestDevice.Value(existing);
        Use(TestDevice.Value(joining));
        Assert.Equal(
            ["phone", "tablet", "laptop"], onPhone.Authorities.Where(a => a.Name.Length > 0).Select(a => a.Name));
    }
}
