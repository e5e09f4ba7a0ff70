using System.Text;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.KeyStores;

/// <summary>
/// Where a home's key lies, written in the home (<c>device.place</c>), so that no other machine, session or version
/// looks for it elsewhere: one line with a kind and, where the key is not in the folder, a random id that names its
/// entry. A home without the file has its key in <c>device.key</c>. It is no secret.
/// </summary>
/// <param name="Place">The place.</param>
/// <param name="Id">The entry's id; empty where the key is in the folder.</param>
internal sealed record PlaceFile(DeviceKeyPlace Place, string Id = "")
{
    private const int IdBytes = 16;
    private const int Most = 256;
    private const string Label = "keyrecovery/v1/device-place";

    private static readonly (DeviceKeyPlace Place, string Word)[] Words =
    [
        (DeviceKeyPlace.File, "file"), (DeviceKeyPlace.LockedFile, "locked-file"),
        (DeviceKeyPlace.SecretService, "secret-service"), (DeviceKeyPlace.DataProtection, "data-protection"),
        (DeviceKeyPlace.Keychain, "keychain"),
    ];

    /// <summary>Whether the key is in the folder, whatever protects it there.</summary>
    public bool IsInFolder => Place is not (DeviceKeyPlace.SecretService or DeviceKeyPlace.Keychain);

    /// <summary>For a new home.</summary>
    public static PlaceFile New(DeviceKeyPlace place, IRandom random)
    {
        var id = new byte[IdBytes];
        random.Fill(id);
        var named = new PlaceFile(place, Base64UrlText.Encode(id));
        return named.IsInFolder ? named with { Id = "" } : named;
    }

    /// <summary>What a home says; null where it says nothing.</summary>
    /// <exception cref="DeviceStoreException">The file is damaged, or of a newer version.</exception>
    public static PlaceFile? Read(string path)
    {
        if (!OwnerFiles.IsThere(path)) return null;
        using var file = OwnerFiles.OpenToRead(path);
        var bytes = new byte[Most];
        var words = Encoding.UTF8.GetString(bytes, 0, OwnerFiles.Read(file, bytes)).TrimEnd('\n').Split(' ');
        if (words is not [Label, var word, .. { Length: <= 1 } rest])
            throw new DeviceStoreException(
                DeviceStoreTrouble.Damaged, $"{path}, which says where this device's key lies, is damaged");
        if (Words.FirstOrDefault(w => w.Word == word) is not { Word: not null } known)
            throw new DeviceStoreException(
                DeviceStoreTrouble.Newer, $"{path} names a place of the key that is not known here: update this app");
        var read = new PlaceFile(known.Place, rest is [var id] ? id : "");
        return read.IsInFolder == (read.Id.Length == 0)
            && (read.IsInFolder || Base64UrlText.TryDecode(read.Id, IdBytes, out _))
            ? read : throw new DeviceStoreException(
                DeviceStoreTrouble.Damaged, $"{path}, which says where this device's key lies, is damaged");
    }

    /// <summary>Writes it, durably.</summary>
    public void Write(string path) =>
        OwnerFiles.Write(path, Encoding.UTF8.GetBytes($"{Label} {Word} {Id}".TrimEnd(' ') + "\n"));

    private string Word => Words.First(w => w.Place == Place).Word;
}
