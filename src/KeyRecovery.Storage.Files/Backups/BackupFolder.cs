using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Storage.Files.Backups;

/// <summary>A backup set in its folder (docs/protocol.md §16).</summary>
/// <param name="folder">Where it lies, or shall lie.</param>
public sealed class BackupFolder(string folder)
{
    private const string SetName = "set.json";
    private const string PartialExtension = ".partial";
    private const long MaxSetFile = 64 * 1024;

    private readonly string _folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    /// <summary>Where it lies.</summary>
    public string Location => _folder;

    /// <summary>The data store.</summary>
    public string DataFile => Path.Combine(_folder, "data.db");

    /// <summary>The sealed key store.</summary>
    public string KeysFile => Path.Combine(_folder, "keys.sealed");

    /// <summary>The list of tombstones.</summary>
    public string TombstonesFile => Path.Combine(_folder, "tombstones");

    /// <summary>
    /// Makes the folder in which a set is written until it is whole, and takes away what this server's crashes have
    /// left beside it.
    /// </summary>
    /// <param name="parent">Where sets are kept, made with mode 0700; other servers may keep theirs there too.</param>
    /// <param name="set">The set.</param>
    /// <param name="pairId">The id that both stores carry: it tells the server's own folders.</param>
    /// <param name="madeAt">Names the folder, with the set's id.</param>
    public static BackupFolder Begin(string parent, BackupSetId set, ReadOnlyMemory<byte> pairId, DateTimeOffset madeAt)
    {
        PrivateFiles.MakeFolder(parent);
        var own = $".{Convert.ToHexStringLower(pairId.Span)}{PartialExtension}";
        foreach (var left in Directory.EnumerateDirectories(parent, "*" + own)) Directory.Delete(left, recursive: true);
        var name = madeAt.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var partial = new BackupFolder(Path.Combine(parent, $"{name}-{set.ToString()[..8]}{own}"));
        PrivateFiles.MakeFolder(partial._folder);
        return partial;
    }

    /// <summary>Makes the file of the sealed key store, mode 0600.</summary>
    public FileStream CreateKeys() => PrivateFiles.Open(KeysFile, FileMode.CreateNew, FileShare.None);

    /// <summary>Makes the file of the list of tombstones, mode 0600.</summary>
    public FileStream CreateTombstones() => PrivateFiles.Open(TombstonesFile, FileMode.CreateNew, FileShare.None);

    /// <summary>Says what the set is, and gives it its name: from now on it is whole.</summary>
    /// <returns>Where it lies now.</returns>
    public BackupFolder Complete(BackupSet set, ReadOnlySpan<byte> description)
    {
        AtomicFile.Write(Path.Combine(_folder, SetName), Describe(set, description));
        var whole = new BackupFolder(_folder[..^(1 + (2 * set.PairId.Length) + PartialExtension.Length)]);
        Directory.Move(_folder, whole._folder);
        FolderSync.Flush(Path.GetDirectoryName(whole._folder)!);
        return whole;
    }

    /// <summary>Reads what the set is.</summary>
    /// <param name="isSignedBy">Nothing of it counts before this says so.</param>
    /// <exception cref="IOException">There is no set, or what is there is none.</exception>
    public BackupSet Read(out Func<VerifyKey, bool> isSignedBy)
    {
        var path = Path.Combine(_folder, SetName);
        if (PlainFile.LengthOf(path) is not { } length)
            throw new IOException($"{_folder} is no backup set: it has no {SetName}");
        if (length is 0 or > MaxSetFile) throw new IOException($"{path} does not say what the set is");
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return Base64UrlText.TryDecodeUpTo(
                json.RootElement.GetProperty("signed").GetString(), BackupSet.MaxSize, out var description)
                ? BackupSet.Decode(description, out isSignedBy)
                : throw new JsonException();
        }
        catch (Exception e) when (e is JsonException or WireFormatException or KeyNotFoundException
            or InvalidOperationException)
        {
            throw new IOException($"{path} does not say what the set is", e);
        }
    }

    /// <summary>
    /// What is wrong with the set's files, a sentence each: a disk that lost something, or somebody who changed it.
    /// </summary>
    public async Task<IReadOnlyList<string>> FindProblemsAsync(BackupSet set, CancellationToken ct)
    {
        var problems = new List<string>();
        if (set.HasData) await CheckAsync(OpenData).ConfigureAwait(false);
        if (set.HasKeys) await CheckAsync(OpenKeys).ConfigureAwait(false);
        await CheckAsync(OpenTombstones).ConfigureAwait(false);
        return problems;

        async Task CheckAsync(Func<BackupSet, SetFileStream> open)
        {
            try
            {
                var file = open(set);
                await using (file.ConfigureAwait(false)) await file.CopyToAsync(Stream.Null, ct).ConfigureAwait(false);
            }
            catch (IOException problem)
            {
                problems.Add(problem.Message);
            }
        }
    }

    /// <summary>Opens the data store.</summary>
    /// <exception cref="IOException">It is missing, or not what was written.</exception>
    public SetFileStream OpenData(BackupSet set) => SetFileStream.Open(DataFile, set.Data);

    /// <summary>Opens the sealed key store.</summary>
    /// <exception cref="IOException">It is missing, or not what was written.</exception>
    public SetFileStream OpenKeys(BackupSet set) => SetFileStream.Open(KeysFile, set.Keys);

    /// <summary>Opens the list of tombstones.</summary>
    /// <exception cref="IOException">It is missing, or not what was written.</exception>
    public SetFileStream OpenTombstones(BackupSet set) => SetFileStream.Open(
        TombstonesFile, set.Tombstones with { Size = set.Tombstones.Size * BackupSet.TombstoneSize });

    /// <summary>Length and hash of a file; nothing where there is none.</summary>
    public static async Task<FileSum> SumAsync(string path, CancellationToken ct)
    {
        if (!File.Exists(path)) return default;
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
        await using (file.ConfigureAwait(false))
            return new FileSum(
                (ulong)file.Length, new Hash256(await SHA256.HashDataAsync(file, ct).ConfigureAwait(false)));
    }

    private static byte[] Describe(BackupSet set, ReadOnlySpan<byte> description)
    {
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("what", "a KeyRecovery backup set; programs read signed alone");
            json.WriteString("id", set.Id.ToString());
            json.WriteString("madeAt", Time(set.MadeAt));
            if (set.HasKeys)
            {
                json.WriteString("keysExpireAt", Time(set.ExpiresAt));
                json.WriteNumber("kek", set.Kek);
                json.WriteNumber("keyBytes", set.Keys.Size);
            }

            if (set.HasData) json.WriteNumber("dataBytes", set.Data.Size);
            json.WriteNumber("erasedBefore", set.Tombstones.Size);
            json.WriteString("signed", Base64UrlText.Encode(description));
            json.WriteEndObject();
        }

        return output.ToArray();
    }

    private static string Time(ulong seconds) =>
        DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
