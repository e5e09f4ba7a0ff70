using System.Net;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// A server that forges, drops, reorders or injects links, or shows fewer of them, is caught by the SDK and named.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class LyingChainTests(ServerFixture fixture) : LiedTo(fixture)
{
    [Fact]
    public async Task Another_apps_link_0()
    {
        using var vault = await CreateAsync();
        using var stranger = new TestDevice(Fixture.Server.Address, app: "another-app");
        // The server has no such app: whoever mistyped it is told so, and nobody is accused.
        Assert.IsType<ClientFailure.UnknownApp>(
            TestDevice.Failure(await stranger.Client.BeginRecoveryAsync(Code)));
        stranger.Relay.OnRequest = (request, _) => request.RequestUri!.AbsolutePath == "/v1/config"
            ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("{}") } : null;
        Assert.Equal(ProtocolFault.OtherBeginning, await RecoverFaultAsync(stranger));
    }

    [Fact]
    public async Task A_forged_link_0_for_a_device_that_knows_the_true_one()
    {
        using var vault = await CreateAsync();
        LieToPhone(
            told => told with { First = 0,
                Links = [Lies.Resign(Lies.Links(told)[0], Lies.Links(told)[0].Link with { Time = 7 }).Bytes] },
                whole: true);
        Assert.Equal(
            ProtocolFault.ForgedBeginning,
            Assert.IsType<ClientFailure.RolledBack>(TestDevice.Failure(await vault.RefreshAsync())).Fault);
    }

    [Fact]
    public async Task A_forged_link_0_for_a_newcomer_with_the_true_keys_and_no_key_to_sign()
    {
        using var vault = await CreateAsync();
        LieToNewcomers(
            told => told with {
                Links = told.Links.SetItem(
                    0, Lies.Resign(Lies.Links(told)[0], Lies.Links(told)[0].Link with { Time = 7 }).Bytes),
            });
        Assert.Equal(ProtocolFault.LinkSignature, await RecoverFaultAsync(Laptop));
    }

    [Fact]
    public async Task Slot_keys_transplanted_into_an_account_of_the_servers_own()
    {
        using var vault = await CreateAsync();
        using var slot = Code.DeriveSlot();
        var entry = NewAuthority.Of(slot.Id, AuthorityKind.Code, slot.Signing.PublicKey, slot.Kem.PublicKey);
        using var keys = new LiarKeys();
        LieToNewcomers(told => Lies.TransplantSlot("demo", entry, slot.Kem.PublicKey, told.Head, keys));
        Assert.Equal(ProtocolFault.Possession, await RecoverFaultAsync(Laptop));
    }

    [Fact]
    public async Task An_account_of_the_servers_own_that_lacks_the_slot()
    {
        using var vault = await CreateAsync();
        using var other = new TestDevice(Fixture.Server.Address);
        using var otherCode = RecoveryCode.Generate(SystemRandom.Instance);
        using var theirs = await other.CreateAsync(await Fixture.Server.TokenAsync(Canary.NewText()), otherCode);
        VaultBundle? wrong = null;
        other.Relay.OnAnswer = (request, body) => IsVault(request) ? Remember(body, out wrong) : body;
        using var opened = TestDevice.Value(await other.Client.BeginRecoveryAsync(otherCode));
        LieToNewcomers(_ => wrong!);
        Assert.Equal(ProtocolFault.OwnKeys, await RecoverFaultAsync(Laptop));
    }

    [Fact]
    public async Task A_served_prefix_is_given_back_by_itself_and_named_where_the_server_does_not_take_it()
    {
        using var vault = await CreateAsync();
        var old = await TellAsync();
        TestDevice.Value(await vault.AddCodeAsync(RecoveryCode.Generate(SystemRandom.Instance)));
        LieToPhone(_ => old, whole: true, onRepair: HttpStatusCode.Conflict);
        Assert.Equal(
            ProtocolFault.RolledBackChain,
            Assert.IsType<ClientFailure.RolledBack>(TestDevice.Failure(await vault.RefreshAsync())).Fault);
    }

    [Fact]
    public async Task A_fork()
    {
        using var vault = await CreateAsync();
        TestDevice.Value(await vault.AddCodeAsync(RecoveryCode.Generate(SystemRandom.Instance)));
        LieToPhone(
            told =>
            {
                var links = Lies.Links(told);
                return told with {
                    Links = told.Links.SetItem(1, Lies.Resign(links[1], links[1].Link with { Time = 7 }).Bytes),
                };
            },
            whole: true);
        Assert.Equal(
            ProtocolFault.Fork,
            Assert.IsType<ClientFailure.RolledBack>(TestDevice.Failure(await vault.RefreshAsync())).Fault);
    }

    [Fact]
    public async Task A_dropped_link()
    {
        using var vault = await CreateAsync();
        TestDevice.Value(await vault.AddCodeAsync(RecoveryCode.Generate(SystemRandom.Instance)));
        TestDevice.Value(await vault.AddCodeAsync(RecoveryCode.Generate(SystemRandom.Instance)));
        LieToNewcomers(told => told with { Links = told.Links.RemoveAt(1) });
        Assert.Equal(ProtocolFault.DroppedLink, await RecoverFaultAsync(Laptop));
    }

    [Fact]
    public async Task Reordered_links()
    {
        using var vault = await CreateAsync();
        TestDevice.Value(await vault.AddCodeAsync(RecoveryCode.Generate(SystemRandom.Instance)));
        TestDevice.Value(await vault.AddCodeAsync(RecoveryCode.Generate(SystemRandom.Instance)));
        LieToNewcomers(told => told with { Links = [told.Links[0], told.Links[2], told.Links[1]] });
        Assert.Equal(ProtocolFault.DroppedLink, await RecoverFaultAsync(Laptop));
    }

    [Fact]
    public async Task An_injected_authority_that_signs_for_itself()
    {
        using var vault = await CreateAsync();
        LieToNewcomers(told => Inject(told, signAs: null));
        Assert.Equal(ProtocolFault.UnknownSigner, await RecoverFaultAsync(Laptop));
    }

    [Fact]
    public async Task An_injected_authority_in_the_name_of_the_device()
    {
        using var vault = await CreateAsync();
        LieToNewcomers(told => Inject(told, signAs: Lies.Links(told)[0].Link.Signer));
        Assert.Equal(ProtocolFault.LinkSignature, await RecoverFaultAsync(Laptop));
    }

    [Fact]
    public async Task Changed_parameters_of_a_slot()
    {
        using var vault = await CreateAsync();
        LieToNewcomers(told =>
        {
            var link = Lies.Links(told)[0];
            var added = link.Link.Add.Select(a => a.Kind == AuthorityKind.Code
                ? a with { Kind = AuthorityKind.Prf, Parameters = new byte[] { 1 } } : a);
            return told with {
                Links = told.Links.SetItem(0, Lies.Resign(link, link.Link with { Add = [.. added] }).Bytes),
            };
        });
        Assert.Equal(ProtocolFault.LinkSignature, await RecoverFaultAsync(Laptop));
    }

    private static VaultBundle Inject(VaultBundle told, AuthorityId? signAs)
    {
        using var signing = Lies.NewKey();
        using var kem = KemPrivateKey.FromSeed(Lies.Seed());
        var head = Lies.Links(told)[^1];
        var added = NewAuthority.Of(
            new AuthorityId(Lies.Seed()[..16]), AuthorityKind.Device, signing.PublicKey, kem.PublicKey);
        var body = head.Link with
        {
            Sequence = head.Link.Sequence + 1, Previous = head.Hash, Add = [added], Remove = [],
            Signer = signAs ?? added.Id,
        };
        var bytes = body.Encode();
        var link = SignedChainLink.Create(
            bytes, signing.Sign(SignatureLabel.Link, bytes), [ChainLinkDraft.ProvePossession(signing, bytes)]);
        return told with { Links = told.Links.Add(link.Bytes) };
    }
}
