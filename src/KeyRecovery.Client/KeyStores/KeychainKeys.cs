using System.Runtime.Versioning;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Client.KeyStores;

/// <summary>
/// The key as a generic password in the login keychain of macOS (Keychain Services, SecItem functions), which never
/// goes to iCloud. Not run: there is no macOS where this was written; reviewed against Apple's documentation of
/// SecItemAdd, SecItemCopyMatching, SecItemUpdate, SecItemDelete and their result codes (SecBase.h).
/// </summary>
/// <param name="id">What names the item: its account attribute.</param>
[SupportedOSPlatform("macos")]
internal sealed class KeychainKeys(string id) : IDeviceKeyStore
{
    private const string Service = "org.keyrecovery.device-key";

    private const int Success = 0;
    private const int UserCanceled = -128;
    private const int NotAvailable = -25291;
    private const int AuthFailed = -25293;
    private const int DuplicateItem = -25299;
    private const int ItemNotFound = -25300;
    private const int InteractionNotAllowed = -25308;
    private const int MissingEntitlement = -34018;

    public string Place => $"this device's entry in the login keychain ({Service}, account {id})";

    public ValueTask<SecretBytes?> ReadAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        using var query = Query().Add("kSecReturnData", true).Add("kSecMatchLimit", "kSecMatchLimitOne", isName: true);
        var status = Keychain.CopyMatching(query, out var key);
        if (status == ItemNotFound) return ValueTask.FromResult<SecretBytes?>(null);
        Expect(status);
        if (key is { Length: SecretBox.KeySize }) return ValueTask.FromResult<SecretBytes?>(key);
        key?.Dispose();
        throw new DeviceStoreException(DeviceStoreTrouble.WrongSize, $"{Place} is no key: it was changed");
    }

    public ValueTask WriteAsync(SecretBytes key, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        using var item = Query().Add("kSecAttrLabel", "KeyRecovery: the key of this device's files")
            .Add("kSecValueData", key.Span);
        var status = Keychain.Add(item);
        if (status == DuplicateItem)
        {
            using var query = Query();
            using var change = new KeychainQuery().Add("kSecValueData", key.Span);
            status = Keychain.Update(query, change);
        }
        Expect(status);
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        using var query = Query();
        var status = Keychain.Delete(query);
        if (status != ItemNotFound) Expect(status);
        return ValueTask.CompletedTask;
    }

    private KeychainQuery Query() => new KeychainQuery()
        .Add("kSecClass", "kSecClassGenericPassword", isName: true)
        .Add("kSecAttrService", Service).Add("kSecAttrAccount", id).Add("kSecAttrSynchronizable", false);

    private static void Expect(int status)
    {
        if (status == Success) return;
        throw status switch
        {
            InteractionNotAllowed or UserCanceled or AuthFailed => new DeviceStoreException(
                DeviceStoreTrouble.Locked,
                "the login keychain is locked, or its question was answered with no: unlock it (log in, or open "
                + "Keychain Access), then try again"),
            MissingEntitlement => new DeviceStoreException(
                DeviceStoreTrouble.NoPermission, "the login keychain does not let this program in (-34018)"),
            NotAvailable => new DeviceStoreException(
                DeviceStoreTrouble.KeyStoreAway, "there is no keychain in this session (-25291)"),
            _ => new DeviceStoreException(
                DeviceStoreTrouble.KeyStoreAway, $"the login keychain has failed (OSStatus {status})"),
        };
    }
}
