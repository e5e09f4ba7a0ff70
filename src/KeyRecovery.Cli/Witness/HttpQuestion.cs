namespace KeyRecovery.Cli.Witness;

/// <summary>A request in HTTP, read to its end.</summary>
/// <param name="Method">As it stands there.</param>
/// <param name="Target">As it stands there, the path and the query.</param>
/// <param name="Body">Empty where there is none.</param>
internal sealed record HttpQuestion(string Method, string Target, byte[] Body);

/// <summary>What is answered.</summary>
/// <param name="Status">The status code.</param>
/// <param name="ContentType">The media type of the body.</param>
/// <param name="Body">The body.</param>
internal sealed record HttpReply(int Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    private const string Plain = "text/plain; charset=utf-8";

    /// <summary>A line for whoever asked: never anything that they wrote.</summary>
    public static HttpReply Text(int status, string line) =>
        new(status, Plain, System.Text.Encoding.UTF8.GetBytes(line + "\n"));

    /// <summary>A note, or lines of one.</summary>
    public static HttpReply Note(byte[] note) => new(200, Plain, note);
}
