using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Protocol.Tests.Log;

/// <summary>Paths of tiles and bundles have one spelling.</summary>
public class TilePathTests
{
    [Theory]
    [InlineData("tile/0/000", 0, 0UL, 256)]
    [InlineData("tile/0/x001/x234/067", 0, 1234067UL, 256)]
    [InlineData("tile/63/999.p/255", 63, 999UL, 255)]
    [InlineData("tile/1/x001/000.p/1", 1, 1000UL, 1)]
    [InlineData("tile/entries/x273/000.p/112", null, 273000UL, 112)]
    public void One_spelling_each(string text, int? level, ulong number, int width)
    {
        Assert.Equal(text, new TilePath(level, number, width).ToString());
        Assert.True(TilePath.TryParse(text, out var path));
        Assert.Equal(new TilePath(level, number, width), path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tile")]
    [InlineData("tile/0")]
    [InlineData("tile/0/")]
    [InlineData("tile/0/0")]
    [InlineData("tile/00/000")]
    [InlineData("tile/64/000")]
    [InlineData("tile/-1/000")]
    [InlineData("tile/0/x000/001")]
    [InlineData("tile/0/1000")]
    [InlineData("tile/0/x001")]
    [InlineData("tile/0/001/x002")]
    [InlineData("tile/0/xx01/001")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/000.p/01")]
    [InlineData("tile/0/000.p")]
    [InlineData("tile/0/000.p/")]
    [InlineData("tile/0/000/5")]
    [InlineData("tile/0/../000")]
    [InlineData("tile/entries/000/checkpoint")]
    [InlineData("tile/Entries/000")]
    [InlineData("tile/0/٠٠٠")]
    [InlineData("tile/0/x018/x446/x744/x073/x709/x551/x999/000")]
    [InlineData("/tile/0/000")]
    [InlineData("tile/0/000\n")]
    [InlineData(null)]
    public void Nothing_else_is_one(string? text) => Assert.False(TilePath.TryParse(text, out _));
}
