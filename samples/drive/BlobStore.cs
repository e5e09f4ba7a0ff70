namespace DriveSample;

/// <summary>What the drive's own server would be: it keeps bytes by name, and can read none that matter.</summary>
internal sealed class BlobStore(string folder)
{
    public void Put(string name, ReadOnlySpan<byte> bytes)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, name), bytes);
    }

    public byte[] Get(string name) => File.ReadAllBytes(Path.Combine(folder, name));
}
