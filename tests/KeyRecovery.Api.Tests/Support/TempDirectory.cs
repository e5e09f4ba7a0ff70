namespace KeyRecovery.Api.Tests.Support;

/// <summary>A directory that is gone afterwards.</summary>
internal sealed class TempDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("keyrecovery-test-").FullName;

    public string ReadShared(string name)
    {
        using var file = new FileStream(
            System.IO.Path.Combine(Path, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
