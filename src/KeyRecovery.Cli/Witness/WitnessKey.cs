using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Cli.Input;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Cli.Witness;

/// <summary>
/// A witness's key in a file, mode 0600: one line <c>PRIVATE+KEY+name+id+base64(type ‖ seed)</c>, as Go's sumdb/note
/// writes it, of the type that cosigns.
/// </summary>
internal sealed class WitnessKey : IDisposable
{
    private const string Mark = "PRIVATE+KEY+";
    private const int Most = 1024;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly SigningKey _key;

    private WitnessKey(string name, SigningKey key) =>
        (_key, Public) = (key, NoteKey.Of(name, NoteSignatureType.Cosignature, key.PublicKey));

    /// <summary>Name and public key, the vkey that logs and policies have.</summary>
    public NoteKey Public { get; }

    /// <summary>Makes a key and writes its file.</summary>
    /// <param name="path">Where there is nothing yet.</param>
    /// <param name="name">The witness's name, a URL without its scheme: see <see cref="NoteKey.IsName"/>.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<WitnessKey> CreateAsync(string path, string name, CancellationToken ct)
    {
        var seed = RandomNumberGenerator.GetBytes(SigningKey.SeedSize);
        byte[] typed = [(byte)NoteSignatureType.Cosignature, .. seed];
        var encoded = new byte[Base64.GetMaxEncodedToUtf8Length(typed.Length)];
        byte[] line = [];
        try
        {
            var made = new WitnessKey(name, SigningKey.FromSeed(seed));
            Base64.EncodeToUtf8(typed, encoded, out _, out var written);
            line = [.. Encoding.UTF8.GetBytes(Beginning(made.Public)), .. encoded.AsSpan(0, written), (byte)'\n'];
            await PrivateFile.WriteAsync(path, line, ct);
            return made;
        }
        finally
        {
            Zero(seed, typed, encoded, line);
        }
    }

    /// <summary>Reads a key's file.</summary>
    /// <exception cref="CommandException">It is none, or other users may read it.</exception>
    public static async Task<WitnessKey> ReadAsync(string path, CancellationToken ct)
    {
        var wrong = new CliFailure("witness-key-invalid", $"{path} holds no key of a witness")
        {
            Advice = ["keyrecovery audit witness-key --name NAME --key FILE makes one."],
        };
        var file = await BoundedFile.ReadAsync(path, Most, _ => wrong, ct);
        byte[] typed = [], seed = [];
        try
        {
            if (!OperatingSystem.IsWindows() && File.Exists(path) && (File.GetUnixFileMode(path) & Others) != 0)
                throw new CommandException(new CliFailure("witness-key-open", $"{path} is open to other users")
                {
                    Advice = ["chmod 600, and make another key if somebody may have read it."],
                });
            var line = file.AsSpan().TrimEnd("\r\n"u8);
            // Base64 may have a plus of its own: the name and the id in front of it tell where it begins.
            if (Name(line) is not { } name || name.End >= line.Length) throw new CommandException(wrong);
            typed = new byte[1 + SigningKey.SeedSize + 2];
            if (Base64.DecodeFromUtf8(line[name.End..], typed, out _, out var written)
                    != System.Buffers.OperationStatus.Done
                || written != 1 + SigningKey.SeedSize || typed[0] != (byte)NoteSignatureType.Cosignature)
                throw new CommandException(wrong);
            seed = typed[1..written];
            var key = new WitnessKey(name.Text, SigningKey.FromSeed(seed));
            if (line.StartsWith(Encoding.UTF8.GetBytes(Beginning(key.Public)))) return key;
            key.Dispose();
            throw new CommandException(wrong);
        }
        finally
        {
            Zero(file, typed, seed);
        }
    }

    /// <summary>Cosigns a checkpoint.</summary>
    public NoteSignature Cosign(SignedNote checkpoint, DateTimeOffset now) =>
        Cosignature.Sign(checkpoint, (ulong)Math.Max(1, now.ToUnixTimeSeconds()), Public.Name, _key);

    public void Dispose() => _key.Dispose();

    private static string Beginning(NoteKey key) =>
        string.Create(CultureInfo.InvariantCulture, $"{Mark}{key.Name}+{key.Id:x8}+");

    // The name, and where what comes behind the id begins.
    private static (string Text, int End)? Name(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith(Encoding.ASCII.GetBytes(Mark))) return null;
        var length = line[Mark.Length..].IndexOf((byte)'+');
        if (length < 0) return null;
        var name = Encoding.UTF8.GetString(line.Slice(Mark.Length, length));
        return NoteKey.IsName(name) ? (name, Mark.Length + length + 1 + 2 * sizeof(uint) + 1) : null;
    }

    private static void Zero(params ReadOnlySpan<byte[]> secrets)
    {
        foreach (var secret in secrets) CryptographicOperations.ZeroMemory(secret);
    }
}
