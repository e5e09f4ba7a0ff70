using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery;

/// <summary>
/// Keeps the one key that a device's files are sealed under (<see cref="FileDeviceStore"/>): where the platform keeps
/// secrets, so that whoever copies the folder has nothing. <see cref="HomeKeyStore"/> knows a file, a file under a
/// passphrase, and the stores of Linux desktops, Windows and macOS; an app implements this for another one: Android's
/// Keystore, iOS's Keychain, a TPM, a smart card.
/// </summary>
/// <remarks>
/// <para>The key has 32 bytes (<see cref="SecretBox.KeySize"/>), is random and never changes while the state is there.
/// A store whose hardware gives no key away wraps these bytes under a key that stays inside, and keeps what comes out.
/// </para>
/// <para><b>Absent</b> is null, and is told only where the store has looked and is sure: whoever makes a key then makes
/// the device anew. <b>Locked</b>, <b>denied</b> and <b>away</b> are a <see cref="DeviceStoreException"/> with <see
/// cref="DeviceStoreTrouble.Locked"/>, <see cref="DeviceStoreTrouble.WrongPassphrase"/>, <see
/// cref="DeviceStoreTrouble.NoPermission"/> or <see cref="DeviceStoreTrouble.KeyStoreAway"/>, and a sentence for a
/// person that names the way out: a later call may work.</para>
/// <para><b>Durable</b>: what <see cref="WriteAsync"/> wrote is there after a power cut, as soon as it has returned; a
/// call that fails or is cut short leaves the key that was there, or the one that was given, and never a part. What a
/// file itself says (<see cref="IOException"/>, <see cref="UnauthorizedAccessException"/>) may pass as it is.</para>
/// <para><b>Concurrency</b>: calls come from several threads and processes. Reads at any time; writes and deletions one
/// at a time, since <see cref="FileDeviceStore"/> holds its lock. Each read gives a secret of its own.</para>
/// <para>The tests of this contract are <c>KeyStoreContract</c> in <c>tests/KeyRecovery.Client.Tests/KeyStores</c>: an
/// implementation derives a class from it.</para>
/// </remarks>
public interface IDeviceKeyStore
{
    /// <summary>
    /// The place of the key, for sentences such as "… is missing" and "does not open under …": a path, or "the entry
    /// of this device in …". It is shown to people, and is no secret.
    /// </summary>
    string Place { get; }

    /// <summary>Reads the key.</summary>
    /// <param name="ct">Cancels; also what asks a person.</param>
    /// <returns>The key, 32 bytes, to be disposed of; or null where there is none.</returns>
    /// <exception cref="DeviceStoreException">It cannot be told, or the key is there and does not read.</exception>
    ValueTask<SecretBytes?> ReadAsync(CancellationToken ct);

    /// <summary>Writes the key, whole or not at all, in place of one that may be there.</summary>
    /// <param name="key">The key, 32 bytes; it stays the caller's.</param>
    /// <param name="ct">Cancels before anything is changed.</param>
    /// <exception cref="DeviceStoreException">It is not known to be kept.</exception>
    ValueTask WriteAsync(SecretBytes key, CancellationToken ct);

    /// <summary>Deletes the key; done where there is none.</summary>
    /// <param name="ct">Cancels before anything is changed.</param>
    /// <exception cref="DeviceStoreException">It is not known to be gone.</exception>
    ValueTask DeleteAsync(CancellationToken ct);
}
