using System.Text;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Cli.Input;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Cli.Witness;

/// <summary>
/// What a witness must not forget: the checkpoint that it cosigned last, one file a log, and what it has against logs.
/// The files are the state, there is no other: each is durable before anybody is told. One process has the folder.
/// </summary>
internal sealed class WitnessFolder : IDisposable
{
    /// <summary>The most files of evidence that are kept of forks; of proofs that did not hold a sixteenth.</summary>
    public const int MostEvidence = 1024;

    private const string Fork = "two-roots";
    private const string Unproven = "proof-failed";
    private const string Drafts = "*.new";

    // What a sharing violation is called on Linux, on macOS and the BSDs, and on Windows.
    private const int LockedOnLinux = 11;
    private const int LockedOnBsd = 35;
    private const int LockedOnWindows = unchecked((int)0x80070020);

    private readonly string _path;
    private readonly NoteKey _witness;
    private readonly FileStream _held;

    private WitnessFolder(string path, NoteKey witness, FileStream held) =>
        (_path, _witness, _held) = (path, witness, held);

    private string Evidence => Path.Combine(_path, "evidence");

    /// <summary>How many files of evidence there are.</summary>
    public int Accusations => Directory.Exists(Evidence) ? Directory.GetFiles(Evidence, "*.json").Length : 0;

    /// <summary>Takes a folder, which is made where it is not there.</summary>
    /// <exception cref="CommandException">Another process has it.</exception>
    /// <exception cref="IOException">It cannot be made or read.</exception>
    public static WitnessFolder Open(string folder, NoteKey witness)
    {
        var path = Path.GetFullPath(folder);
        MakeFolder(path);
        FileStream held;
        try
        {
            held = new FileStream(
                Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken) when (taken.HResult is LockedOnLinux or LockedOnBsd or LockedOnWindows)
        {
            throw new CommandException(new CliFailure("witness-runs", $"another process keeps the state in {path}")
            {
                Advice = ["Two witnesses with one key would cosign two trees: stop the other one first."],
            });
        }

        // What a crash left of a file that was being written was never anybody's.
        foreach (var draft in Directory.GetFiles(path, Drafts, SearchOption.AllDirectories)) File.Delete(draft);
        return new WitnessFolder(path, witness, held);
    }

    /// <summary>The checkpoint of a log that was cosigned last; null where none was.</summary>
    /// <exception cref="InvalidDataException">What is there is none that this witness has cosigned.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public SignedNote? Last(string origin)
    {
        var file = FileOf(origin);
        if (!File.Exists(file))
        {
            // A folder that nobody may look into seems to be empty.
            if (Directory.Exists(Path.GetDirectoryName(file)!))
                _ = Directory.EnumerateFiles(Path.GetDirectoryName(file)!).Any();
            return null;
        }

        if (SignedNote.TryParse(BoundedFile.Read(file, SignedNote.MaxSize), out var note)
            && Checkpoint.TryParse(note.Text, out var checkpoint) && checkpoint.Origin == origin
            && Cosignature.FindTime(note, _witness) is not null) return note;
        throw new InvalidDataException($"{file} is no checkpoint that this witness has cosigned");
    }

    /// <summary>Keeps what is about to be cosigned, durable on return.</summary>
    /// <exception cref="IOException">It cannot be written: nothing may be cosigned.</exception>
    public async Task KeepAsync(string origin, SignedNote cosigned)
    {
        var file = FileOf(origin);
        MakeFolder(Path.GetDirectoryName(file)!);
        await PrivateFile.WriteAsync(file, cosigned.Encode(), CancellationToken.None);
    }

    /// <summary>Keeps two notes of a log that do not go together, unless they are kept already.</summary>
    /// <returns>The file; null where they were kept before, or there are too many of them.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public async Task<string?> KeepAsync(string origin, WitnessEvidence evidence)
    {
        MakeFolder(Evidence);
        var (kind, most) = evidence.IsFork ? (Fork, MostEvidence) : (Unproven, MostEvidence / 16);
        // The same two notes are one file, however often they come.
        var file = Path.Combine(
            Evidence, $"{kind}-{Beginning(origin)}-{Beginning(evidence.Known.Text + evidence.Shown.Text)}.json");
        if (File.Exists(file) || Directory.GetFiles(Evidence, $"{kind}-*").Length >= most) return null;
        var members = new JsonObject
        {
            ["kind"] = kind, ["origin"] = origin,
            ["known"] = Encoding.UTF8.GetString(evidence.Known.Encode()),
            ["shown"] = Encoding.UTF8.GetString(evidence.Shown.Encode()),
        };
        await PrivateFile.WriteAsync(
            file, Encoding.UTF8.GetBytes(members.ToJsonString() + "\n"), CancellationToken.None);
        return file;
    }

    public void Dispose() => _held.Dispose();

    private string FileOf(string origin) => Path.Combine(_path, WitnessAnswer.CheckpointPath(origin));

    private static string Beginning(string text) =>
        Convert.ToHexStringLower(Hash256.Of(Encoding.UTF8.GetBytes(text)).ToArray())[..16];

    private static void MakeFolder(string path)
    {
        if (Directory.Exists(path)) return;
        PrivateFile.MakeFolder(path);
        FolderFlush.Run(Path.GetDirectoryName(path)!);
    }
}
