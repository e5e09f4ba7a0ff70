using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace KeyRecovery.Client.KeyStores;

/// <summary>The four functions of Keychain Services, with their OSStatus. Not run, see <see cref="KeychainKeys"/>.
/// </summary>
[SupportedOSPlatform("macos")]
internal static partial class Keychain
{
    internal const string Security = "/System/Library/Frameworks/Security.framework/Security";

    public static int Add(KeychainQuery item) => SecItemAdd(item.Handle, 0);

    public static int Update(KeychainQuery query, KeychainQuery change) => SecItemUpdate(query.Handle, change.Handle);

    public static int Delete(KeychainQuery query) => SecItemDelete(query.Handle);

    /// <summary>Copies the data of the first item that matches; null where it fails.</summary>
    public static unsafe int CopyMatching(KeychainQuery query, out SecretBytes? data)
    {
        data = null;
        var status = SecItemCopyMatching(query.Handle, out var found);
        if (status != 0 || found == 0) return status;
        data = SecretBytes.Copy(new ReadOnlySpan<byte>(
            (void*)CoreFoundation.CFDataGetBytePtr(found), checked((int)CoreFoundation.CFDataGetLength(found))));
        CoreFoundation.CFRelease(found);
        return status;
    }

    [LibraryImport(Security)]
    private static partial int SecItemAdd(nint attributes, nint result);

    [LibraryImport(Security)]
    private static partial int SecItemCopyMatching(nint query, out nint result);

    [LibraryImport(Security)]
    private static partial int SecItemUpdate(nint query, nint attributesToUpdate);

    [LibraryImport(Security)]
    private static partial int SecItemDelete(nint query);
}
