using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Serialization;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>An open vault that reaches a log, a debugger or an answer.</summary>
public sealed class VaultSecrets : IDisposable
{
    private readonly TestAuthority _phone = TestAuthority.Device(new TestRandom(31));
    private readonly OpenVault _open;
    private readonly ChainLinkDraft _draft;
    private readonly OpenRestorePoint _point;

    public VaultSecrets()
    {
        _open = TestAccount.Begin(new TestRandom(32), _phone, items: [(new ItemId(new byte[16]), [1])]).Open(_phone);
        _draft = Draft(new ChainLinkChange([], [], BeginEpoch: true));
        _point = Point();
    }

    [Fact]
    public void Every_disposable_type_of_the_vault_is_tried_here()
    {
        var types = typeof(OpenVault).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(OpenVault).Namespace && type.IsAssignableTo(typeof(IDisposable)));
        Assert.Equal(Names(types), Names(Secrets().OfType<IDisposable>().Select(secret => secret.GetType())));
    }

    [Fact]
    public void Secrets_print_redacted_to_logs_and_debuggers_and_have_no_converter()
    {
        foreach (var secret in Secrets())
        {
            var type = secret.GetType();
            Assert.True(type.IsSealed, type.Name);
            Assert.Equal("[redacted]", secret.ToString());
            Assert.Equal("[redacted]", type.GetCustomAttribute<DebuggerDisplayAttribute>()?.Value);
            Assert.Null(type.GetCustomAttribute<JsonConverterAttribute>());
        }
    }

    [Fact]
    public void A_disposed_vault_takes_its_keys_with_it_the_earlier_epochs_too()
    {
        var account = TestAccount.Begin(new TestRandom(33), _phone);
        account.Commit(_phone, new AccountChange { Mend = true });
        var open = account.Open(_phone);
        var (current, earlier) = (open.Keys.Current, open.Keys.Find(1)!);
        Assert.NotEqual(current, earlier);
        var labelKey = open.Private.LabelKey;
        open.Dispose();
        Assert.Throws<ObjectDisposedException>(() => current.ManifestPrivateKey());
        Assert.Throws<ObjectDisposedException>(() => earlier.ManifestPrivateKey());
        Assert.Throws<ObjectDisposedException>(() => labelKey.Span.Length);
    }

    [Fact]
    public void A_draft_takes_the_key_of_an_epoch_that_it_begins_with_it_and_leaves_the_vaults_alone()
    {
        var begins = Draft(new ChainLinkChange([], [], BeginEpoch: true));
        begins.Dispose();
        Assert.Throws<ObjectDisposedException>(() => begins.Key.ManifestPrivateKey());

        using var laptop = TestAuthority.Device(new TestRandom(34));
        var stays = Draft(new ChainLinkChange([laptop.Added], []));
        stays.Dispose();
        Assert.Same(_open.Keys.Current, stays.Key);
        stays.Key.ManifestPrivateKey().Dispose();
    }

    [Fact]
    public void A_disposed_point_takes_its_own_keys_with_it_and_leaves_the_vaults_alone()
    {
        var point = Point();
        var (key, labelKey) = (point.Keys.Current, point.Content.Private!.LabelKey);
        Assert.NotSame(_open.Keys.Current, key);
        point.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.ManifestPrivateKey());
        Assert.Throws<ObjectDisposedException>(() => labelKey.Span.Length);
        _open.Keys.Current.ManifestPrivateKey().Dispose();
    }

    public void Dispose()
    {
        _draft.Dispose();
        _point.Dispose();
        _open.Dispose();
        _phone.Dispose();
    }

    private IEnumerable<object> Secrets() =>
    [
        _open, _draft, _point, _open.Keys, _open.Keys.Current, _open.Private, new OpenedItem("diary", [1]),
    ];

    private OpenRestorePoint Point() => new RestorePoint(_open.Vault.Manifest, ReadOnlyMemory<byte>.Empty)
        .Open(_open.Vault, _open.Keys).Point!;

    private ChainLinkDraft Draft(ChainLinkChange change) =>
        ChainLinkDraft.Next(_open, change, _phone.Id, 1_760_000_060, new TestRandom(35));

    private static IEnumerable<string> Names(IEnumerable<Type> types) => types.Select(type => type.Name).Order();
}
