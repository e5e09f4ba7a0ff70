using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Devices;

/// <summary>Renaming and revoking, with what a thief of a device could still do.</summary>
[Collection(ServerTests.Name)]
public sealed class RevocationTests(ServerFixture fixture) : IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _phone = new(fixture.Server.Address);
    private readonly TestDevice _laptop = new(fixture.Server.Address);
    private readonly TestDevice _tablet = new(fixture.Server.Address);

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
        _tablet.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task A_new_name_is_seen_by_the_other_devices_and_adds_no_link()
    {
        using var onPhone = await CreateAsync();
        using var onLaptop = await _laptop.RecoverAsync(_code, name: "laptop");
        var slot = onPhone.Authorities.Single(a => a.Kind == AuthorityKind.Code).Id;
        TestDevice.Value(await onLaptop.RenameDeviceAsync(onPhone.Device, "old phone"));
        TestDevice.Value(await onLaptop.RenameDeviceAsync(slot, "paper in the safe"));

        var links = (await LinksAsync(_laptop), await LinksAsync(_phone));
        TestDevice.Value(await onPhone.RefreshAsync());
        Assert.Equal("old phone", NameOf(onPhone, onPhone.Device));
        Assert.Equal("paper in the safe", NameOf(onPhone, slot));
        Assert.Equal("laptop", NameOf(onPhone, onLaptop.Device));
        Assert.Equal(links.Item1, await LinksAsync(_phone));
        Assert.DoesNotContain("old phone", System.Text.Encoding.UTF8.GetString(_laptop.Relay.Recorded.ToArray()),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_too_long_and_an_unknown_device_are_told_apart()
    {
        using var onPhone = await CreateAsync();
        var stranger = new AuthorityId(new byte[16]);
        Assert.IsType<ClientFailure.Invalid>(
            TestDevice.Failure(await onPhone.RenameDeviceAsync(onPhone.Device, new string('x', 65))));
        Assert.IsType<ClientFailure.NoSuchAuthority>(
            TestDevice.Failure(await onPhone.RenameDeviceAsync(stranger, "x")));
        Assert.IsType<ClientFailure.NoSuchAuthority>(TestDevice.Failure(await onPhone.RevokeAsync(new([stranger]))));
        Assert.IsType<ClientFailure.Invalid>(TestDevice.Failure(await onPhone.RevokeAsync(new([onPhone.Device]))));
        Assert.IsType<ClientFailure.Invalid>(TestDevice.Failure(await onPhone.RevokeAsync(new([]))));
    }

    [Fact]
    public async Task A_revoked_device_neither_reads_nor_commits_and_its_keys_open_nothing_written_later()
    {
        using var onPhone = await CreateAsync();
        using var onLaptop = await _laptop.RecoverAsync(_code, name: "laptop");
        using var stolenKeys = (await _laptop.Store.LoadAsync(default))!;
        using var kem = Protocol.Primitives.KemPrivateKey.FromSeed(stolenKeys.KemSeed.Span);
        Assert.NotNull(await OpenWithAsync(kem, onLaptop.Device));

        var epoch = onPhone.Epoch;
        var done = TestDevice.Value(await onPhone.RevokeAsync(new([onLaptop.Device])));
        AssertAre([onLaptop.Device], done.Removed);
        Assert.Empty(done.Plan.Stays);
        Assert.Equal(epoch + 1, done.Epoch);

        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await onLaptop.RefreshAsync()));
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await onLaptop.PutAsync("a", "late"u8.ToArray())));
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await onLaptop.RevokeAsync(new([onPhone.Device]))));
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await _laptop.Client.OpenAsync()));

        // Even with all that the server keeps: no seal for the laptop, and the code's does not open with its key.
        TestDevice.Value(await onPhone.PutAsync("later", "secret"u8.ToArray()));
        var slot = onPhone.Authorities.Single(a => a.Kind == AuthorityKind.Code).Id;
        Assert.Null(await OpenWithAsync(kem, onLaptop.Device));
        Assert.Null(await OpenWithAsync(kem, slot));
    }

    [Fact]
    public async Task After_a_revocation_the_code_recovers_what_was_written_later_without_having_been_asked_for()
    {
        using var onPhone = await CreateAsync();
        using (var onLaptop = await _laptop.RecoverAsync(_code, name: "laptop"))
            TestDevice.Value(await onPhone.RevokeAsync(new([onLaptop.Device])));
        TestDevice.Value(await onPhone.PutAsync("later", "secret"u8.ToArray()));
        using var onTablet = await _tablet.RecoverAsync(_code, name: "tablet");
        Assert.Equal("secret"u8.ToArray(), TestDevice.Value(await onTablet.GetAsync("later")));
        Assert.All(onTablet.Authorities, a => Assert.False(a.SealIsBad));
    }

    [Fact]
    public async Task A_device_that_is_new_itself_cannot_revoke_an_older_one()
    {
        using var onPhone = await CreateAsync();
        using var onLaptop = await _laptop.RecoverAsync(_code, name: "laptop");
        var refused =
            Assert.IsType<ClientFailure.Refused>(TestDevice.Failure(await onLaptop.RevokeAsync(new([onPhone.Device]))));
        Assert.Equal("young-authority", refused.Type);
        TestDevice.Value(await onPhone.PutAsync("a", "still here"u8.ToArray()));
    }

    private Task<VaultSession> CreateAsync() => NewAccountAsync(_phone, fixture, _code);

    internal static async Task<VaultSession> NewAccountAsync(
        TestDevice device, ServerFixture fixture, RecoveryCode? code) =>
        await device.CreateAsync(await fixture.Server.TokenAsync(Guid.NewGuid().ToString()), code, "phone",
            new ItemEdit.Put("a", "first"u8.ToArray()));

    internal static void AssertAre(IEnumerable<AuthorityId> expected, IEnumerable<AuthorityId> actual) =>
        Assert.Equal(expected.ToList(), actual.ToList());

    private static string NameOf(VaultSession vault, AuthorityId id) => vault.Authorities.Single(a => a.Id == id).Name;

    internal static async Task<int> LinksAsync(TestDevice device)
    {
        using var kept = (await device.Store.LoadAsync(default))!;
        return kept.Known!.Links.Length;
    }

    // What the phone has verified, opened as another: null where no seal opens.
    private async Task<OpenVault?> OpenWithAsync(Protocol.Primitives.KemPrivateKey kem, AuthorityId who)
    {
        using (var vault = await _phone.OpenAsync()) TestDevice.Value(await vault.RefreshAsync());
        using var kept = (await _phone.Store.LoadAsync(default))!;
        using var signing = Protocol.Primitives.SigningKey.FromSeed(kept.SigningSeed.Span);
        var verdict = VerifiedVault.Reopen("demo", kept.Known!, new OwnIdentity(kept.Device, signing.PublicKey));
        return Assert.IsType<VaultVerdict.Ok>(verdict).Vault.Open(who, kem).Item1;
    }
}
