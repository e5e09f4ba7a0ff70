using System.Collections.Immutable;
using System.Net;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// A server that forges, swaps, drops, injects or rolls back is caught by the SDK and named, each lie with its own
/// reason. The real server answers; a relay changes what it says.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class LyingServerTests(ServerFixture fixture) : IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _phone = new(fixture.Server.Address);
    private readonly TestDevice _laptop = new(fixture.Server.Address);

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task Negative_control_the_truth_through_the_same_relay_is_accepted()
    {
        using var vault = await CreateAsync();
        LieToNewcomers(told => told);
        Assert.IsType<Result<RecoverySession>.Ok>(await _laptop.Client.BeginRecoveryAsync(_code));
        LieToPhone(told => told);
        Assert.IsType<Result<VaultSession>.Ok>(await vault.RefreshAsync());
    }

    [Fact]
    public async Task Another_apps_link_0()
    {
        using var vault = await CreateAsync();
        using var stranger = new TestDevice(fixture.Server.Address, app: "another-app");
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
        Assert.Equal(ProtocolFault.LinkSignature, await RecoverFaultAsync(_laptop));
    }

    [Fact]
    public async Task Slot_keys_transplanted_into_an_account_of_the_servers_own()
    {
        using var vault = await CreateAsync();
        using var slot = _code.DeriveSlot();
        var entry = NewAuthority.Of(slot.Id, AuthorityKind.Code, slot.Signing.PublicKey, slot.Kem.PublicKey);
        using var keys = new LiarKeys();
        LieToNewcomers(told => Lies.TransplantSlot("demo", entry, slot.Kem.PublicKey, told.Head, keys));
        Assert.Equal(ProtocolFault.Possession, await RecoverFaultAsync(_laptop));
    }

    [Fact]
    public async Task An_account_of_the_servers_own_that_lacks_the_slot()
    {
        using var vault = await CreateAsync();
        using var other = new TestDevice(fixture.Server.Address);
        using var otherCode = RecoveryCode.Generate(SystemRandom.Instance);
        using var theirs = await other.CreateAsync(await fixture.Server.TokenAsync(Canary.NewText()), otherCode);
        VaultBundle? wrong = null;
        other.Relay.OnAnswer = (request, body) => IsVault(request) ? Remember(body, out wrong) : body;
        using var opened = TestDevice.Value(await other.Client.BeginRecoveryAsync(otherCode));
        LieToNewcomers(_ => wrong!);
        Assert.Equal(ProtocolFault.OwnKeys, await RecoverFaultAsync(_laptop));
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
    public async Task An_older_chain_with_an_older_manifest_where_only_new_links_were_asked_for()
    {
        using var vault = await CreateAsync();
        var old = await TellAsync();
        TestDevice.Value(await vault.AddCodeAsync(RecoveryCode.Generate(SystemRandom.Instance)));
        LieToPhone(told => told with { Links = [], Manifest = old.Manifest, Keysets = old.Keysets },
            onRepair: HttpStatusCode.Conflict);
        Assert.Equal(
            ProtocolFault.RolledBackChain,
            Assert.IsType<ClientFailure.RolledBack>(TestDevice.Failure(await vault.RefreshAsync())).Fault);
    }

    [Fact]
    public async Task An_older_manifest_on_the_same_chain()
    {
        using var vault = await CreateAsync();
        var old = await TellAsync();
        TestDevice.Value(await vault.PutAsync("identity", "second"u8.ToArray()));
        LieToPhone(told => told with { Manifest = old.Manifest }, onRepair: HttpStatusCode.Conflict);
        Assert.Equal(
            ProtocolFault.RolledBackManifest,
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
        Assert.Equal(ProtocolFault.DroppedLink, await RecoverFaultAsync(_laptop));
    }

    [Fact]
    public async Task Reordered_links()
    {
        using var vault = await CreateAsync();
        TestDevice.Value(await vault.AddCodeAsync(RecoveryCode.Generate(SystemRandom.Instance)));
        TestDevice.Value(await vault.AddCodeAsync(RecoveryCode.Generate(SystemRandom.Instance)));
        LieToNewcomers(told => told with { Links = [told.Links[0], told.Links[2], told.Links[1]] });
        Assert.Equal(ProtocolFault.DroppedLink, await RecoverFaultAsync(_laptop));
    }

    [Fact]
    public async Task An_injected_authority_that_signs_for_itself()
    {
        using var vault = await CreateAsync();
        LieToNewcomers(told => Inject(told, signAs: null));
        Assert.Equal(ProtocolFault.UnknownSigner, await RecoverFaultAsync(_laptop));
    }

    [Fact]
    public async Task An_injected_authority_in_the_name_of_the_device()
    {
        using var vault = await CreateAsync();
        LieToNewcomers(told => Inject(told, signAs: Lies.Links(told)[0].Link.Signer));
        Assert.Equal(ProtocolFault.LinkSignature, await RecoverFaultAsync(_laptop));
    }

    [Fact]
    public async Task A_substituted_KEM_key()
    {
        using var vault = await CreateAsync();
        using var own = KemPrivateKey.FromSeed(Lies.Seed());
        LieToPhone(
            told => told with {
                Keysets = Reseal(
                    told,
                    entries => Replace(entries, vault.Device, e => e with { KemKey = own.PublicKey }, other: true)),
            },
            whole: true);
        Assert.Equal(new ClientFailure.ServerLied(ProtocolFault.SubstitutedKemKey),
            TestDevice.Failure(await vault.RefreshAsync()));
    }

    [Fact]
    public async Task A_keyset_with_one_seal_changed_is_not_the_one_that_the_chain_names()
    {
        using var vault = await CreateAsync();
        LieToPhone(
            told => told with {
                Keysets = Reseal(
                    told, entries => Replace(
                        entries, vault.Device, e => e with { Seal = new byte[e.Seal.Length] }, other: true)),
            },
            whole: true);
        Assert.Equal(
            new ClientFailure.ServerLied(ProtocolFault.KeysetHash), TestDevice.Failure(await vault.RefreshAsync()));
    }

    [Fact]
    public async Task A_keyset_of_another_epoch()
    {
        using var vault = await CreateAsync();
        var old = await TellAsync();
        TestDevice.Value(await vault.MendAsync());
        LieToPhone(told => told with { Keysets = old.Keysets }, whole: true);
        Assert.Equal(
            new ClientFailure.ServerLied(ProtocolFault.KeysetEpoch), TestDevice.Failure(await vault.RefreshAsync()));
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
        Assert.Equal(ProtocolFault.LinkSignature, await RecoverFaultAsync(_laptop));
    }

    [Fact]
    public async Task Pages_of_hashes_without_an_end()
    {
        using var vault = await CreateAsync();
        using var key = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        var pages = 0;
        _phone.Relay.BeforeAsync = request =>
        {
            request.Headers.IfNoneMatch.Clear();
            return Task.CompletedTask;
        };
        _phone.Relay.OnAnswer = (_, body) =>
        {
            pages++;
            var told = VaultBundle.Decode(body);
            var manifest = SignedManifest.Decode(told.Manifest).Manifest with { Version = 1UL << 52 };
            return (told with
            {
                Manifest = SignedManifest.Sign(manifest, key).Bytes,
                Hashes = [.. Enumerable.Repeat(default(Hash256), Limits.TrailPage)],
            }).Encode();
        };
        Assert.NotNull(TestDevice.Failure(await vault.RefreshAsync()));
        // Once from the known links, and once from link 0: where a restore is claimed, only that tells.
        Assert.Equal(2 * Limits.TrailKept / Limits.TrailPage, pages);
    }

    [Fact]
    public async Task Swapped_items()
    {
        using var vault = await CreateAsync();
        TestDevice.Value(await vault.PutAsync("other", "other content"u8.ToArray()));
        byte[]? other = null;
        _phone.Relay.OnAnswer = (_, body) => other = body;
        TestDevice.Value(await vault.GetAsync("other"));
        _phone.Relay.OnAnswer = (_, _) => other!;
        Assert.Equal(
            new ClientFailure.ServerLied(ProtocolFault.ItemHash), TestDevice.Failure(await vault.GetAsync("identity")));
    }

    [Fact]
    public async Task A_truncated_item()
    {
        using var vault = await CreateAsync();
        _phone.Relay.OnAnswer = (_, body) => body[..^1];
        Assert.Equal(
            new ClientFailure.ServerLied(ProtocolFault.ItemHash), TestDevice.Failure(await vault.GetAsync("identity")));
    }

    [Fact]
    public async Task An_older_version_in_place_of_the_one_that_was_asked_for()
    {
        using var vault = await CreateAsync();
        for (var i = 2; i <= 3; i++) TestDevice.Value(await vault.PutAsync("identity", new[] { (byte)i }));
        _phone.Relay.OnAnswer = (request, body) =>
            request.RequestUri!.AbsolutePath.EndsWith("/versions", StringComparison.Ordinal)
            ? System.Text.Encoding.UTF8.GetBytes(SwapHashes(System.Text.Encoding.UTF8.GetString(body)))
            : body;
        Assert.Equal(new ClientFailure.ServerLied(ProtocolFault.ItemHeader),
            TestDevice.Failure(await vault.GetAsync("identity", 2)));
    }

    [Fact]
    public async Task Garbage_in_place_of_a_vault()
    {
        using var vault = await CreateAsync();
        _laptop.Relay.OnAnswer = (_, _) => [0x80];
        Assert.Equal(ProtocolFault.Malformed, await RecoverFaultAsync(_laptop));
    }

    [Fact]
    public async Task A_newer_format_is_an_upgrade_and_not_a_lie()
    {
        using var vault = await CreateAsync();
        _laptop.Relay.OnAnswer = (request, body) =>
        {
            if (!IsVault(request)) return body;
            var newer = (byte[])body.Clone();
            newer[1 + 1 + Labels.Vault.Length] = 2;
            return newer;
        };
        Assert.IsType<ClientFailure.UpgradeRequired>(
            TestDevice.Failure(await _laptop.Client.BeginRecoveryAsync(_code)));
    }

    private async Task<VaultSession> CreateAsync() => await _phone.CreateAsync(
        await fixture.Server.TokenAsync(Canary.NewText()), _code, "phone",
        new ItemEdit.Put("identity", "first"u8.ToArray()));

    private async Task<ProtocolFault> RecoverFaultAsync(TestDevice device)
    {
        var failure = TestDevice.Failure(await device.Client.BeginRecoveryAsync(_code));
        return Assert.IsType<ClientFailure.ServerLied>(failure).Fault;
    }

    private void LieToNewcomers(Func<VaultBundle, VaultBundle> lie) =>
        _laptop.Relay.OnAnswer = (request, body) => IsVault(request) ? lie(VaultBundle.Decode(body)).Encode() : body;

    // The real server says 304, or only what is new: the relay asks for what the lie is made of.
    private void LieToPhone(Func<VaultBundle, VaultBundle> lie, bool whole = false, HttpStatusCode? onRepair = null)
    {
        using var slot = _code.DeriveSlot();
        var truth = TellAsync().GetAwaiter().GetResult();
        _phone.Relay.OnRequest = (request, _) =>
        {
            if (request.RequestUri!.AbsolutePath == "/v1/repair" && onRepair is { } status)
                return new HttpResponseMessage(status);
            if (request.RequestUri.AbsolutePath != "/v1/vault") return null;
            var told = whole ? truth : truth with { First = (ulong)truth.Links.Length, Links = [] };
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(lie(told).Encode()) };
        };
    }

    private async Task<VaultBundle> TellAsync()
    {
        using var listener = new TestDevice(fixture.Server.Address);
        VaultBundle? told = null;
        listener.Relay.OnAnswer = (request, body) => IsVault(request) ? Remember(body, out told) : body;
        using var session = TestDevice.Value(await listener.Client.BeginRecoveryAsync(_code));
        return told!;
    }

    private static bool IsVault(HttpRequestMessage request) =>
        request.RequestUri!.AbsolutePath is "/v1/vault" or "/v1/recovery";

    private static byte[] Remember(byte[] body, out VaultBundle? told)
    {
        told = VaultBundle.Decode(body);
        return body;
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

    private static ImmutableArray<ReadOnlyMemory<byte>> Reseal(
        VaultBundle told, Func<ImmutableArray<KeysetEntry>, ImmutableArray<KeysetEntry>> change)
    {
        var keyset = Keyset.Decode(told.Keysets[0]);
        var entries = change(keyset.Entries);
        var writer = new CborOut().Array(5).Text(Labels.Keyset).UInt(1).Bytes(keyset.Account).UInt(keyset.Epoch)
            .Array(entries.Length);
        foreach (var entry in entries) writer.Array(3).Bytes(entry.Id).Bytes(entry.KemKey.Span).Bytes(entry.Seal.Span);
        return told.Keysets.SetItem(0, writer.ToArray());
    }

    private static ImmutableArray<KeysetEntry> Replace(
        ImmutableArray<KeysetEntry> entries, AuthorityId id, Func<KeysetEntry, KeysetEntry> change, bool other) =>
        [.. entries.Select(e => e.Id == id != other ? change(e) : e)];

    private static string SwapHashes(string json)
    {
        var hashes = System.Text.RegularExpressions.Regex.Matches(json, "\"hash\":\"([^\"]+)\"")
            .Select(m => m.Groups[1].Value).ToList();
        return json.Replace(hashes[0], "#", StringComparison.Ordinal)
            .Replace(hashes[1], hashes[0], StringComparison.Ordinal).Replace("#", hashes[1], StringComparison.Ordinal);
    }
}
