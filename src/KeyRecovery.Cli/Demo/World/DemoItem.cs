namespace KeyRecovery.Cli.Demo.World;

/// <summary>One thing that the phone keeps safe.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Content">Its content, random.</param>
internal sealed record DemoItem(string Name, byte[] Content)
{
    /// <summary>Never the content.</summary>
    public override string ToString() => Name;
}
