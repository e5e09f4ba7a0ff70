namespace KeyRecovery.Architecture.Tests;

/// <summary>A line fits on a screen beside another one.</summary>
public class Lines
{
    private const int MaxColumns = 120;

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    public void No_line_is_longer_than_120_columns(string folder)
    {
        var files = Repository.Files(folder);
        Assert.True(files.Count > 200);
        Assert.Empty(files.SelectMany(file => TooLong(file, Repository.Lines(file))));
    }

    [Fact]
    public void A_longer_one_would_be_found() =>
        Assert.Equal(["a.cs:2 has 121 columns"],
            TooLong("a.cs", [new string('x', MaxColumns), new string('ü', MaxColumns + 1)]));

    private static IEnumerable<string> TooLong(string file, string[] lines) => lines
        .Select((line, i) => (line.Length, Number: i + 1))
        .Where(line => line.Length > MaxColumns)
        .Select(line => $"{file}:{line.Number} has {line.Length} columns");
}
