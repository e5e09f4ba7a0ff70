using KeyRecovery.Service.Keys;

namespace KeyRecovery.Storage.Files.Ring;

/// <summary>Why a ring's folder cannot be used, in words for an operator.</summary>
internal static class Throw
{
    public static KekRingException Missing(string path) =>
        new($"{path} is missing. Accounts depend on it and a new one would open none of them: put the file back");

    public static KekRingException RootKeySize(string path, long size) =>
        new($"{path} has {size} bytes; a root key has {FileRootKey.Size}");

    public static KekRingException Unopened(string path) =>
        new($"{path} does not open under this root key: the key is another one, or the file is damaged");

    public static KekRingException Format(string path, int found, int known) =>
        new($"{path} has format {found}; this version of KeyRecovery knows {known}");

    public static KekRingException Damaged(string path, string rule) => new($"{path} is not a KEK ring: {rule}");

    public static KekRingException TwoRootKeys(string path) =>
        new($"{path} exists, and KeyRecovery:Ring:RootKey is set: "
            + "take away the one that is not this server's root key");

    public static KekRingException NoRootKey() =>
        new($"KeyRecovery:Ring:RootKey or RootKeyNext is no root key: base64 of {FileRootKey.Size} bytes is meant");

    public static KekRingException SameRootKeys() =>
        new("KeyRecovery:Ring:RootKeyNext is the same as RootKey: nothing would be replaced");

    public static InvalidOperationException NoNext() => new("no KEK is next");

    public static InvalidOperationException InUse(KekId id) =>
        new($"KEK {id.Value} is not retiring, or in use: it cannot be destroyed");

    public static KekRingException Io(string path, Exception cause) =>
        new($"{path} cannot be read or written: {cause.Message}", cause);
}
