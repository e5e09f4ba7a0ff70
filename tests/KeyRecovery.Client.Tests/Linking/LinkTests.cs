using System.Net;
using System.Security.Cryptography;
using KeyRecovery.Client.Accounts;
using KeyRecovery.Client.Linking;
using KeyRecovery.Client.Results;
using KeyRecovery.Client.Tests.Devices;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Linking;

/// <summary>Both roles of linking over the real relay.</summary>
[Collection(ServerTests.Name)]
public sealed class LinkTests : IDisposable
{
    // After handshake, commitment, reveal, possession and ready.
    private const string Acknowledgement = "/n/5";

    private readonly ServerFixture _fixture;
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _phone;
    private readonly TestDevice _laptop;
    private readonly TaskCompletionSource<string> _digits = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _bundle = RandomNumberGenerator.GetBytes(LinkLimits.BundleBytes);

    public LinkTests(ServerFixture fixture)
    {
        _fixture = fixture;
        _phone = new TestDevice(fixture.Server.Address);
        _laptop = new TestDevice(fixture.Server.Address);
    }

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
        _code.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_linked_device_has_the_bundle_every_item_and_the_same_head(bool typed)
    {
        using var onPhone = await RevocationTests.NewAccountAsync(_phone, _fixture, _code);
        await using var link = TestDevice.Value(await onPhone.BeginLinkAsync(typed));
        Assert.InRange(link.ExpiresIn, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(120));
        LinkCandidate? seen = null;
        var existing = link.RunAsync(Approve(candidate => seen = candidate), _bundle);
        using var code = typed ? await FindAsync(link.TypedText!) : Scan(link.QrText);
        var joined = TestDevice.Value(await _laptop.Client.LinkAsync(code, Join()));
        using var onLaptop = joined.Vault;
        using var bundle = joined.Bundle;
        var linked = TestDevice.Value(await existing);

        Assert.Equal(new LinkCandidate("laptop", "Linux", IPNetwork.Parse("127.0.0.0/24")), seen);
        Assert.Equal(onLaptop.Device, linked.Id);
        Assert.Equal(_bundle, bundle.Span.ToArray());
        Assert.Equal("first"u8.ToArray(), TestDevice.Value(await onLaptop.GetAsync("a")));
        Assert.Equal((onPhone.Account, onPhone.Version, onPhone.Epoch), (onLaptop.Account, onLaptop.Version, onLaptop.Epoch));
        Assert.Equal("laptop", onPhone.Authorities.Single(a => a.Id == linked.Id).Name);
        TestDevice.Value(await onLaptop.PutAsync("b", "from the laptop"u8.ToArray()));
        using var again = await _laptop.OpenAsync();

        using var used = Scan(link.QrText);
        using var other = new TestDevice(_fixture.Server.Address);
        Assert.IsType<ClientFailure.LinkGone>(TestDevice.Failure(await other.Client.LinkAsync(used, Join())));
    }

    [Theory]
    [InlineData("203.0.113.0/24", true)]
    [InlineData("2001:db8:1::/48", true)]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("203.0.113.77", false)]
    [InlineData("203.0.113.77/24", false)]
    [InlineData("203.0.113.0/25", false)]
    [InlineData("203.0.113.0/024", false)]
    [InlineData("203.0.113.0/24, 198.51.100.0/24", false)]
    [InlineData("203.0.113/24", false)]
    [InlineData("2001:db8:1:2::/48", false)]
    [InlineData("2001:DB8:1::/48", false)]
    [InlineData("fe80::%1/48", false)]
    [InlineData("::ffff:203.0.113.0/24", false)]
    [InlineData("your neighbour", false)]
    public async Task What_the_server_says_of_the_network_is_taken_in_one_spelling_or_not_at_all(string? told, bool isTaken)
    {
        _phone.Relay.OnResponse = (request, response) =>
        {
            if (!request.RequestUri!.AbsolutePath.EndsWith("/n/0", StringComparison.Ordinal)) return;
            response.Headers.Remove("Peer-Network");
            if (told is not null) response.Headers.TryAddWithoutValidation("Peer-Network", told);
        };
        LinkCandidate? seen = null;
        var (existing, joining, onPhone) = await RunAsync((_, right) => Task.FromResult(right), (candidate, _) =>
        {
            seen = candidate;
            return Task.FromResult(true);
        });
        TestDevice.Value(existing);
        Use(TestDevice.Value(joining));
        onPhone.Dispose();
        Assert.Equal(isTaken ? told : null, seen!.Network?.ToString());
    }

    [Theory]
    [InlineData("the other device died")]
    [InlineData("the server died")]
    [InlineData("this call was cancelled")]
    public async Task A_new_device_that_has_all_is_linked_even_if_it_cannot_acknowledge(string why)
    {
        using var onPhone = await RevocationTests.NewAccountAsync(_phone, _fixture, _code);
        await using var link = TestDevice.Value(await onPhone.BeginLinkAsync());
        using var death = new CancellationTokenSource();
        using var cancel = new CancellationTokenSource();
        var existing = link.RunAsync(Approve(_ => { }), _bundle, death.Token);
        _laptop.Relay.OnRequest = (request, _) =>
        {
            if (request.Method != HttpMethod.Put || !request.RequestUri!.AbsolutePath.EndsWith(Acknowledgement, StringComparison.Ordinal)) return null;
            if (why == "the server died") throw new HttpRequestException(why);
            if (why == "this call was cancelled") cancel.Cancel();
            death.Cancel();
            Task.WaitAny([existing], TimeSpan.FromSeconds(20));
            return null;
        };
        using var code = Scan(link.QrText);
        var joined = TestDevice.Value(await _laptop.Client.LinkAsync(code, Join(), cancel.Token));
        await death.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => existing);

        Assert.Equal(_bundle, joined.Bundle.Span.ToArray());
        Assert.Equal("first"u8.ToArray(), TestDevice.Value(await joined.Vault.GetAsync("a")));
        Use(joined);
        using var again = await _laptop.OpenAsync();
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

    [Fact]
    public async Task Three_wrong_digits_end_both_sides_and_leave_no_trace_of_the_device()
    {
        var (existing, joining, onPhone) = await RunAsync((_, right) => Task.FromResult(Other(right)));
        AssertEnded(LinkFailure.WrongDigits, existing, joining);
        await AssertCleanAsync(onPhone);
    }

    [Fact]
    public async Task A_no_on_the_existing_device_is_told_to_the_new_one()
    {
        var (existing, joining, onPhone) = await RunAsync((_, right) => Task.FromResult(right), consent: (_, _) => Task.FromResult(false));
        AssertEnded(LinkFailure.Declined, existing, joining);
        await AssertCleanAsync(onPhone);
    }

    [Fact]
    public async Task A_no_on_the_new_device_is_told_to_the_existing_one()
    {
        var (existing, joining, onPhone) = await RunAsync(
            (_, right) => Task.FromResult(right), join: Join() with { Consent = (_, _) => Task.FromResult(false) });
        AssertEnded(LinkFailure.Declined, existing, joining);
        await AssertCleanAsync(onPhone);
    }

    [Fact]
    public async Task Cancelling_the_new_device_while_the_digits_are_asked_for_ends_the_question_on_the_existing_one()
    {
        using var onPhone = await RevocationTests.NewAccountAsync(_phone, _fixture, _code);
        await using var link = TestDevice.Value(await onPhone.BeginLinkAsync());
        using var cancel = new CancellationTokenSource();
        var existing = link.RunAsync(
            new LinkApproval
            {
                AskDigits = async (_, ct) =>
                {
                    await cancel.CancelAsync();
                    await Task.Delay(Timeout.Infinite, ct);
                    return "";
                },
                Consent = (_, _) => Task.FromResult(true),
            },
            _bundle);
        using var code = Scan(link.QrText);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _laptop.Client.LinkAsync(code, Join(), cancel.Token));
        Assert.Equal(new ClientFailure.LinkEnded(LinkFailure.Cancelled), TestDevice.Failure(await existing.WaitAsync(TimeSpan.FromSeconds(20))));
        await AssertCleanAsync(onPhone);
    }

    [Fact]
    public async Task Cancelling_while_a_message_is_under_way_is_told_all_the_same()
    {
        using var onPhone = await RevocationTests.NewAccountAsync(_phone, _fixture, _code);
        await using var link = TestDevice.Value(await onPhone.BeginLinkAsync());
        using var cancel = new CancellationTokenSource();
        var existing = link.RunAsync(Approve(_ => { }), _bundle);

        // The server has the reveal, and the new device will never hear so.
        _laptop.Relay.OnResponse = (request, _) =>
        {
            if (request.Method != HttpMethod.Put || !request.RequestUri!.AbsolutePath.EndsWith("/n/2", StringComparison.Ordinal)) return;
            _laptop.Relay.OnResponse = null;
            cancel.Cancel();
            cancel.Token.ThrowIfCancellationRequested();
        };
        using var code = Scan(link.QrText);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _laptop.Client.LinkAsync(code, Join(), cancel.Token));
        Assert.Equal(new ClientFailure.LinkEnded(LinkFailure.Cancelled), TestDevice.Failure(await existing.WaitAsync(TimeSpan.FromSeconds(20))));
        await AssertCleanAsync(onPhone);
    }

    [Fact]
    public async Task Cancelling_the_existing_device_while_it_asks_for_consent_ends_the_new_one()
    {
        using var onPhone = await RevocationTests.NewAccountAsync(_phone, _fixture, _code);
        await using var link = TestDevice.Value(await onPhone.BeginLinkAsync());
        using var cancel = new CancellationTokenSource();
        var existing = link.RunAsync(
            new LinkApproval
            {
                AskDigits = (_, _) => _digits.Task,
                Consent = async (_, ct) =>
                {
                    await cancel.CancelAsync();
                    await Task.Delay(Timeout.Infinite, ct);
                    return true;
                },
            },
            _bundle, cancel.Token);
        using var code = Scan(link.QrText);
        var joining = _laptop.Client.LinkAsync(code, Join());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => existing);
        Assert.Equal(new ClientFailure.LinkEnded(LinkFailure.Cancelled), TestDevice.Failure(await joining.WaitAsync(TimeSpan.FromSeconds(20))));
        await AssertCleanAsync(onPhone);
    }

    [Fact]
    public async Task A_code_that_is_put_away_leads_nowhere()
    {
        using var onPhone = await RevocationTests.NewAccountAsync(_phone, _fixture, _code);
        var link = TestDevice.Value(await onPhone.BeginLinkAsync());
        await link.DisposeAsync();
        using var code = Scan(link.QrText);
        Assert.IsType<ClientFailure.LinkGone>(TestDevice.Failure(await _laptop.Client.LinkAsync(code, Join())));
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public async Task A_nameplate_that_somebody_else_has_is_drawn_anew_a_few_times(int collisions, bool works)
    {
        using var onPhone = await RevocationTests.NewAccountAsync(_phone, _fixture, _code);
        await using var theirs = TestDevice.Value(await onPhone.BeginLinkAsync(typed: true));
        var unlucky = new UnluckyRandom(theirs.TypedText![..4], collisions);
        using var tablet = new TestDevice(_fixture.Server.Address, adjust: options => options with { Random = unlucky });
        using var onTablet = await RevocationTests.NewAccountAsync(tablet, _fixture, null);
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
            Assert.Equal(("conflict", "nameplate"), TestDevice.Failure(begun) is ClientFailure.Refused refused ? (refused.Type, refused.Field) : default);
        }
    }

    [Fact]
    public async Task When_the_chain_moves_during_consent_the_new_device_signs_again()
    {
        using var tablet = new TestDevice(_fixture.Server.Address);
        var (existing, joining, onPhone) = await RunAsync(
            (_, right) => Task.FromResult(right),
            join: Join() with
            {
                // After the offer, before the signature: another device joins.
                Consent = async (_, _) =>
                {
                    using var onTablet = await tablet.RecoverAsync(_code, name: "tablet");
                    return true;
                },
            });
        TestDevice.Value(existing);
        Use(TestDevice.Value(joining));
        Assert.Equal(["phone", "tablet", "laptop"], onPhone.Authorities.Where(a => a.Name.Length > 0).Select(a => a.Name));
    }

    [Fact]
    public async Task An_existing_device_that_is_revoked_in_the_middle_adds_nobody()
    {
        using var rescuer = new TestDevice(_fixture.Server.Address);
        Task<VaultSession>? rescue = null;
        var (existing, joining, _) = await RunAsync(
            (_, right) => Task.FromResult(right),
            consent: async (_, _) =>
            {
                await (rescue = rescuer.RecoverAsync(_code, removeOthers: true));
                return true;
            });
        using (await rescue!) { }
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(existing));
        Assert.True(TestDevice.Failure(joining) is ClientFailure.LinkGone or ClientFailure.LinkEnded { Reason: LinkFailure.Cancelled });
        using var left = await rescuer.OpenAsync();
        Assert.DoesNotContain(left.Authorities, a => a.Name == "laptop");
    }

    private async Task<(Result<LinkedDevice> Existing, Result<Linked> Joining, VaultSession OnPhone)> RunAsync(
        Func<int, string, Task<string>> type, Func<LinkCandidate, CancellationToken, Task<bool>>? consent = null, LinkJoin? join = null)
    {
        var onPhone = await RevocationTests.NewAccountAsync(_phone, _fixture, _code);
        await using var link = TestDevice.Value(await onPhone.BeginLinkAsync());
        var existing = link.RunAsync(
            new LinkApproval
            {
                AskDigits = async (left, _) => await type(left, await _digits.Task), Consent = consent ?? ((_, _) => Task.FromResult(true)),
            },
            _bundle);
        using var code = Scan(link.QrText);
        var joining = await _laptop.Client.LinkAsync(code, join ?? Join());
        return (await existing.WaitAsync(TimeSpan.FromSeconds(30)), joining, onPhone);
    }

    private LinkApproval Approve(Action<LinkCandidate> seen) => new()
    {
        AskDigits = (_, _) => _digits.Task,
        Consent = (candidate, _) =>
        {
            seen(candidate);
            return Task.FromResult(true);
        },
    };

    private LinkJoin Join() => new() { DeviceName = "laptop", Platform = "Linux", ShowDigits = (digits, _) => _digits.TrySetResult(digits) };

    private async Task AssertCleanAsync(VaultSession onPhone)
    {
        Assert.Null(await _laptop.Store.LoadAsync(default));
        TestDevice.Value(await onPhone.RefreshAsync());
        Assert.DoesNotContain(onPhone.Authorities, a => a.Name == "laptop");
        onPhone.Dispose();
    }

    private async Task<LinkCode> FindAsync(string typed)
    {
        using var characters = Assert.IsType<TypedLinkCodeParse.Ok>(TypedLinkCode.Parse(typed)).Code;
        return TestDevice.Value(await _laptop.Client.FindLinkCodeAsync(characters));
    }

    private static LinkCode Scan(string text) => Assert.IsType<LinkCodeParse.Ok>(LinkCode.Parse(text)).Code;

    private static string Other(string digits) => digits == "000000" ? "000001" : "000000";

    private static void AssertEnded(LinkFailure reason, Result<LinkedDevice> existing, Result<Linked> joining)
    {
        Assert.Equal(new ClientFailure.LinkEnded(reason), TestDevice.Failure(existing));
        Assert.Equal(new ClientFailure.LinkEnded(reason), TestDevice.Failure(joining));
    }

    private static void Use(Linked linked)
    {
        linked.Bundle.Dispose();
        linked.Vault.Dispose();
    }
}
